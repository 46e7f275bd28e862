"""``python -m mock_xend``: the program ``mock-xend``."""

from xend_harness import _run

_run("mock-xend")
