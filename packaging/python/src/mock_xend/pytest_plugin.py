"""The fixture ``mock_xend`` of pytest. The package brings it along: a test needs no import."""

from typing import Any, Callable, Generator, List

import pytest

from mock_xend._mock import MockXend

_MOCKS = pytest.StashKey[List[MockXend]]()
_FAILED = pytest.StashKey[bool]()


@pytest.fixture
def mock_xend(request: pytest.FixtureRequest) -> Generator[Callable[..., MockXend], None, None]:
    """Starts mocks of Xend that end with the test.

    ``mock = mock_xend(release="4.1", scenario="outage.toml")`` takes the arguments of ``MockXend``, and returns the
    running mock. When the test has passed, each mock verifies that the requests were those that its scenario expects;
    if they were not, the test has an error.
    """
    mocks = request.node.stash.setdefault(_MOCKS, [])

    def start(*arguments: Any, **options: Any) -> MockXend:
        mock = MockXend(*arguments, **options).start()
        mocks.append(mock)
        return mock

    yield start
    for mock in mocks:
        mock.stop()
    if not request.node.stash.get(_FAILED, False):
        for mock in mocks:
            mock.verify()


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Shows beside a failure what the mocks of the test have said."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call" or not report.failed:
        return
    item.stash[_FAILED] = True
    for mock in item.stash.get(_MOCKS, []):
        mock.stop()
        report.sections.append((f"mock-xend: {mock!r}", mock.said))
