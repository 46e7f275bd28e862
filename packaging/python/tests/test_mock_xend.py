"""Tests of the package, with the programs that `XEND_PROGRAMS` names or that are installed."""

import pathlib
import subprocess
import sys
import textwrap
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
            OUTAGE = {OUTAGE!r}

            def test_unused(mock_xend):
                mock_xend(scenario=OUTAGE)

            def test_failure(mock_xend):
                mock_xend(scenario=OUTAGE)
                assert False
            """)
    )
    result = pytester.runpytest_subprocess(*plugin)
    result.assert_outcomes(passed=1, failed=1, errors=1)
    result.stdout.fnmatch_lines(["*UnexpectedRequests*", "*unused: line 3: domain.pause domain=vm1: 0 of 1*"])
    result.stdout.fnmatch_lines(["*mock-xend: <MockXend sxp+tcp://127.0.0.1:*"])
