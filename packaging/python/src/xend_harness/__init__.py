"""The programs ``xend-harness`` and ``mock-xend``, as they were installed with this package.

``python -m xend_harness`` runs the first, ``python -m mock_xend`` the second.
"""

import os
import pathlib
import shutil
import sys
import sysconfig
from typing import List, NoReturn, Optional

__all__ = ["program"]


def program(name: str = "xend-harness") -> pathlib.Path:
    """Returns the path of ``xend-harness`` or ``mock-xend``.

    The programs lie where the package put its scripts. If the environment variable ``XEND_PROGRAMS`` names a folder,
    they are taken from there instead.

    :raises FileNotFoundError: the program is not there.
    """
    chosen = os.environ.get("XEND_PROGRAMS")
    folders: List[Optional[str]] = [chosen] if chosen else [
        sysconfig.get_path("scripts"),
        sysconfig.get_path("scripts", f"{os.name}_user"),
        os.path.dirname(sys.executable),
    ]
    for folder in folders:
        found = folder and shutil.which(name, path=folder)
        if found:
            return pathlib.Path(found)
    looked = ", ".join(str(folder) for folder in folders if folder)
    raise FileNotFoundError(f"{name} is not in {looked}: install the package xend-harness, or set XEND_PROGRAMS")


def _run(name: str) -> NoReturn:
    """Replaces this process by a program, with the arguments of this process."""
    path = str(program(name))
    os.execv(path, [path, *sys.argv[1:]])
