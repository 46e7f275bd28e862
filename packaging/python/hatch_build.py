"""Puts the compiled programs, their manual pages and their completions into the wheel.

`packaging/dist.sh` sets `XEND_DIST`, the folder of the unpacked archive, and `XEND_WHEEL_TAG`, the tag of the wheel.
"""

import os
import pathlib
from typing import Any, Dict

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class Programs(BuildHookInterface):
    def initialize(self, version: str, build_data: Dict[str, Any]) -> None:
        dist = os.environ.get("XEND_DIST")
        if not dist:
            raise SystemExit("the wheel contains compiled programs: build it with `make dist`")
        folder = pathlib.Path(dist)
        build_data["pure_python"] = False
        build_data["tag"] = os.environ["XEND_WHEEL_TAG"]
        for program in sorted((folder / "bin").iterdir()):
            build_data["shared_scripts"][str(program)] = program.name
        for file in sorted((folder / "share").rglob("*")):
            if file.is_file():
                build_data["shared_data"][str(file)] = str(file.relative_to(folder))
