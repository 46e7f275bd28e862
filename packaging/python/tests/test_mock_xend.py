"""Tests of the package, with the programs that `XEND_PROGRAMS` names or that are installed."""

import pathlib
import subprocess
import sys
import textwrap
import time
import urllib.request
import xmlrpc.client

import pytest

from mock_xend import MockXend, NotStarted, UnexpectedRequests

pytest_plugins = ["pytester"]

OUTAGE = """\
release = "3.0.3"

[[expect]]
operation = "domain.pause"
args = { domain = "vm1" }
reply = { error = "Domain 'vm1' is not started" }
"""


def test_a_client_talks_to_the_simulated_host(mock_xend):
    mock = mock_xend(release="4.1")
    xend = xmlrpc.client.ServerProxy(mock.url("xmlrpc"))
    assert "vm1" in xend.xend.domains(0)
    xend.xend.domain.pause("vm1")
    states = {domain["name"]: domain["state"] for domain in mock.world()["domain"]}
    assert states["vm1"] == "paused"


def test_s_expressions_are_served_beside(mock_xend):
    mock = mock_xend(release="3.0.3")
    request = urllib.request.Request(mock.url("sxp") + "domain", headers={"Accept": "application/sxp"})
    with urllib.request.urlopen(request) as reply:
        assert reply.read().split() == [b"(Domain-0", b"vm1", b"vm2)"]


def test_the_xen_api_is_served_if_it_is_asked_for(mock_xend):
    mock = mock_xend(faces=["xenapi"])
    xend = xmlrpc.client.ServerProxy(mock.url("xenapi"))
    assert xend.session.login_with_password("", "")["Status"] == "Success"
    with pytest.raises(ValueError, match="does not listen for 'xmlrpc'; it listens for xenapi"):
        mock.url("xmlrpc")


def test_a_scenario_may_be_text(mock_xend):
    mock = mock_xend(scenario=OUTAGE)
    with pytest.raises(xmlrpc.client.Fault, match="is not started"):
        xmlrpc.client.ServerProxy(mock.url()).xend.domain.pause("vm1")
    mock.verify()


def test_a_scenario_may_be_a_file(tmp_path: pathlib.Path):
    path = tmp_path / "outage.toml"
    path.write_text(OUTAGE)
    for given in [path, str(path)]:
        with pytest.raises(UnexpectedRequests) as caught, MockXend(scenario=given):
            pass
        assert caught.value.lines == ["unused: line 3: domain.pause domain=vm1: 0 of 1"]


def test_the_journal_grows_while_the_mock_runs(mock_xend):
    mock = mock_xend(scenario=OUTAGE)
    xend = xmlrpc.client.ServerProxy(mock.url())
    assert mock.journal() == []
    with pytest.raises(xmlrpc.client.Fault):
        xend.xend.domain.pause("vm1")
    assert xend.xend.domains(0) == ["Domain-0", "vm1", "vm2"]
    pause, domains = mock.journal()
    assert (pause["operation"], pause["arguments"]) == ("domain.pause", {"domain": "vm1"})
    assert (pause["answered_by"], pause["expectation"]) == ("expectation", "line 3")
    assert (domains["number"], domains["face"], domains["answered_by"]) == (2, "xmlrpc", "world")
    assert "xend.domains" in domains["request"] and "vm2" in domains["reply"]
    mock.stop()
    assert mock.journal() == [pause, domains]


def test_what_python_takes_for_the_end_of_a_line_ends_no_exchange(mock_xend):
    mock = mock_xend()
    with pytest.raises(xmlrpc.client.Fault):
        xmlrpc.client.ServerProxy(mock.url()).xend.domain.pause("a\u2028b\x85")
    assert [exchange["number"] for exchange in mock.journal()] == [1]


def test_the_world_is_seen_while_the_mock_runs(mock_xend):
    mock = mock_xend(release="4.1")
    xend = xmlrpc.client.ServerProxy(mock.url())

    def state():
        return {domain["name"]: domain["state"] for domain in mock.world()["domain"]}["vm1"]

    before = state()
    xend.xend.domain.pause("vm1")
    assert (state(), before) == ("paused", before) and before != "paused"
    xend.xend.domain.unpause("vm1")
    assert state() == before


def test_verify_tells_what_is_missing_so_far(mock_xend):
    mock = mock_xend(scenario='unexpected = "refuse"\n' + OUTAGE)
    xend = xmlrpc.client.ServerProxy(mock.url())
    with pytest.raises(UnexpectedRequests) as caught:
        mock.verify()
    assert caught.value.lines == ["unused: line 4: domain.pause domain=vm1: 0 of 1"]
    with pytest.raises(xmlrpc.client.Fault):
        xend.xend.domain.pause("vm1")
    mock.verify()


def test_verify_says_the_same_before_and_after_the_end():
    mock = MockXend(scenario='unexpected = "refuse"\n' + OUTAGE).start()
    with pytest.raises(xmlrpc.client.Fault):
        xmlrpc.client.ServerProxy(mock.url()).xend.domain.pause("vm2")
    lines = []
    for _ in range(2):
        with pytest.raises(UnexpectedRequests) as caught:
            mock.verify()
        lines.append(caught.value.lines)
        mock.stop()
    assert lines[0] == lines[1] and len(lines[0]) > 2


def test_a_reset_starts_over_at_the_same_ports():
    with MockXend(release="4.1", scenario=OUTAGE.replace("3.0.3", "4.1")) as mock:
        url = mock.url()
        xend = xmlrpc.client.ServerProxy(url)
        for _ in range(2):
            with pytest.raises(xmlrpc.client.Fault):
                xend.xend.domain.pause("vm1")
            xend.xend.domain.unpause("vm2")
            mock.verify()
            assert len(mock.journal()) == 2
            states = {domain["name"]: domain["state"] for domain in mock.world()["domain"]}
            mock.reset()
            assert mock.journal() == [] and mock.url() == url
            fresh = {domain["name"]: domain["state"] for domain in mock.world()["domain"]}
            assert states["vm2"] != "paused" == fresh["vm2"]
        with pytest.raises(xmlrpc.client.Fault):
            xend.xend.domain.pause("vm1")
    with pytest.raises(RuntimeError, match="only a mock that runs"):
        mock.reset()


def test_the_control_has_an_address(mock_xend):
    mock = mock_xend()
    with urllib.request.urlopen(mock.admin + "/health") as health:
        assert b'"status":"ok"' in health.read()
    assert mock.admin not in repr(mock)


def test_what_was_not_started_tells_nothing():
    for ask in [MockXend().journal, MockXend().world, MockXend().verify, MockXend().reset]:
        with pytest.raises(RuntimeError, match="was not started"):
            ask()


def test_an_exception_in_the_block_comes_first():
    with pytest.raises(KeyError), MockXend(scenario=OUTAGE):
        raise KeyError


def test_a_mistake_in_a_scenario_is_shown_with_its_place():
    with pytest.raises(NotStarted, match="toml:1:11") as caught:
        MockXend(scenario='release = "4.2"\nunexpected = "refuse"').start()
    assert "4.2" in str(caught.value)


def test_a_world_may_be_text():
    world = '[[domain]]\nname = "web"\nstate = "running"\nmemory = 256\n'
    with MockXend(world=world, release="3.4") as mock:
        assert xmlrpc.client.ServerProxy(mock.url()).xend.domains(0) == ["Domain-0", "web"]


def test_a_mock_that_was_killed_is_told():
    mock = MockXend().start()
    folder = mock._folder.name
    mock._process.kill()
    mock.stop()
    for lost in (mock.journal, mock.world, mock.verify):
        with pytest.raises(RuntimeError, match="ended with status -9"):
            lost()
    assert not pathlib.Path(folder).exists()
    with pytest.raises(KeyError, match="mine"), MockXend() as other:
        other._process.kill()
        raise KeyError("mine")


def test_a_mock_ends_with_its_process_however_that_ends():
    script = "import os; from mock_xend import MockXend; m = MockXend().start(); print(m._process.pid, flush=True); os._exit(0)"
    run = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, check=True)
    for _ in range(1000):
        if not pathlib.Path("/proc", run.stdout.strip()).exists():
            return
        time.sleep(0.01)
    raise AssertionError("the mock runs on")


def test_it_can_be_stopped_twice_and_started_once():
    mock = MockXend().start()
    address = mock.url()
    mock.stop()
    mock.stop()
    with pytest.raises(OSError):
        urllib.request.urlopen(address)
    with pytest.raises(RuntimeError, match="only once"):
        mock.start()


@pytest.mark.parametrize("module, name", [("xend_harness", "xend-harness"), ("mock_xend", "mock-xend")])
def test_python_m_runs_the_programs(module, name):
    run = subprocess.run([sys.executable, "-m", module, "--version"], stdout=subprocess.PIPE, text=True)
    assert run.returncode == 0 and run.stdout.startswith(name + " ")


def test_the_fixture_verifies_at_the_end_of_a_test_that_passed(pytester: pytest.Pytester, pytestconfig: pytest.Config):
    # A package that is not installed brings no entry point, so that the plugin is named on the command line.
    name = "mock_xend.pytest_plugin"
    plugin = ["-p", name] if pytestconfig.pluginmanager.has_plugin(name) else []
    pytester.makepyfile(
        textwrap.dedent(f"""\
            import pytest

            OUTAGE = {OUTAGE!r}

            def test_unused(mock_xend):
                mock_xend(scenario=OUTAGE)

            def test_failure(mock_xend):
                mock_xend(scenario=OUTAGE)
                assert False

            def test_skip(mock_xend):
                mock_xend(scenario=OUTAGE)
                pytest.skip("not today")

            def test_of_a_dead_mock(mock_xend):
                mock = mock_xend(scenario=OUTAGE)
                mock._process.kill()
                mock._process.wait()
                assert False
            """)
    )
    result = pytester.runpytest_subprocess(*plugin)
    result.assert_outcomes(passed=1, failed=2, errors=1, skipped=1)
    result.stdout.fnmatch_lines(["*UnexpectedRequests*", "*unused: line 3: domain.pause domain=vm1: 0 of 1*"])
    result.stdout.fnmatch_lines(["*mock-xend: <MockXend sxp+tcp://127.0.0.1:*"])
