#!/usr/bin/env python3
"""Prints the licences of all libraries that the programs contain, for it is what most of these licences ask for.

usage: packaging/licences.py TARGET
"""

import json
import os
import pathlib
import re
import subprocess
import sys


def licence_files(package):
    """The licence files of a package, by name."""
    folder = pathlib.Path(package["manifest_path"]).parent
    named = re.compile(r"(LICEN[CS]E|COPYING|NOTICE|UNLICENSE)", re.IGNORECASE)
    return sorted(path for path in folder.iterdir() if path.is_file() and named.match(path.name))


def linked(metadata):
    """The ids of the packages whose code gets into the programs: no build scripts, no macros, no tests."""
    nodes = {node["id"]: node for node in metadata["resolve"]["nodes"]}
    packages = {package["id"]: package for package in metadata["packages"]}
    seen, left = set(), [id for id in metadata["workspace_members"]]
    while left:
        id = left.pop()
        if id in seen or any("proc-macro" in target["kind"] for target in packages[id]["targets"]):
            continue
        seen.add(id)
        for dependency in nodes[id]["deps"]:
            if any(kind["kind"] is None for kind in dependency["dep_kinds"]):
                left.append(dependency["pkg"])
    return sorted((packages[id] for id in seen if packages[id]["source"]), key=lambda it: (it["name"], it["version"]))


def main():
    cargo = os.environ.get("CARGO", "cargo")
    command = [cargo, "metadata", "--locked", "--format-version", "1", "--filter-platform", sys.argv[1]]
    metadata = json.loads(subprocess.run(command, check=True, stdout=subprocess.PIPE).stdout)
    print("the standard library of Rust: MIT OR Apache-2.0, Copyright The Rust Project Contributors")
    print("musl, the C library: MIT, Copyright 2005-2020 Rich Felker and others")
    texts = {}
    for package in linked(metadata):
        files = licence_files(package)
        print(f"{package['name']} {package['version']}: {package['license']}")
        for path in files:
            text = path.read_text(encoding="utf-8", errors="replace").strip()
            texts.setdefault(text, []).append(f"{package['name']} {package['version']}, {path.name}")
    for text, names in texts.items():
        print("\n" + "=" * 80)
        print("\n".join(names))
        print("-" * 80)
        print(text)


if __name__ == "__main__":
    main()
