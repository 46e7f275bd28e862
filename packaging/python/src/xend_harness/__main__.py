"""``python -m xend_harness``: the program ``xend-harness``."""

from xend_harness import _run

_run("xend-harness")
