"""The fixture ``mock_xend`` of pytest. The package brings it along: a test needs no import."""

from __future__ import annotations

from typing import Any, Callable, Generator, List

import pytest

from mock_xend._mock import MockXend, UnexpectedRequests

# What the plugin keeps of a test, as attributes of its item: the stash of pytest came with its version 7.
_MOCKS = "_mock_xend_mocks"
_PASSED = "_mock_xend_passed"


@pytest.fixture
def mock_xend(request: pytest.FixtureRequest) -> Generator[Callable[..., MockXend], None, None]:
    """Starts mocks of Xend that end with the test.

    ``mock = mock_xend(release="4.1", scenario="outage.toml")`` takes the arguments of ``MockXend``, and returns the
    running mock. When the test has passed, each mock verifies that the requests were those that its scenario expects;
    if they were not, the test has an error. For mocks of a module or a session, make a fixture with ``MockXend``.
    """
    mocks: List[MockXend] = []
    setattr(request.node, _MOCKS, mocks)

    def start(*arguments: Any, **options: Any) -> MockXend:
        mock = MockXend(*arguments, **options).start()
        mocks.append(mock)
        return mock

    yield start
    for mock in mocks:
        mock.stop()
    if getattr(request.node, _PASSED, False):
        lines: List[str] = []
        for mock in mocks:
            try:
                mock.verify()
            except UnexpectedRequests as unexpected:
                lines += unexpected.lines
        if lines:
            raise UnexpectedRequests(lines)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Notes whether the test has passed, and shows beside a failure what its mocks have said."""
    outcome = yield
    report = outcome.get_result()
    if report.when != "call":
        return
    setattr(item, _PASSED, report.passed)
    if report.failed:
        for mock in getattr(item, _MOCKS, []):
            mock.stop()
            report.sections.append((f"mock-xend: {mock!r}", mock.said))
