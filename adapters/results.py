#!/usr/bin/env python3
"""Tests the libraries that have an adapter here (libraries.toml), and tells in docs/results how they do.

    python3 adapters/results.py [--debian] [--keep] [--jobs N] [--harness PROGRAM] [NAME...]

It installs what is not there, as `libraries.py install` does, and writes for each library the report of its run as JSON
lines (NAME.jsonl.xz) and a badge (NAME.svg), and of all libraries README.md, with what each gets wrong, and grid.html,
with every answer. But for versions and the date, the same libraries give the same files.
"""
import argparse
import concurrent.futures
import datetime
import json
import lzma
import os
import pathlib
import subprocess
import sys
import tomllib

from libraries import HERE, OUT, LeftOut, command, install, libraries, version
from verdicts import failures, read
import grid
import summary

FOLDER = HERE.parent / "docs" / "results"


def run(row, out, harness, keep):
    """Tests a library by all suites that its adapter declares, and returns the file of the report."""
    file = out / f"{row['name']}.jsonl"
    if not (keep and file.exists()):
        file.unlink(missing_ok=True)
        asked = [str(harness), "test", "--quiet", "--report", f"jsonl={file}", "--", *command(row["run"], out)]
        done = subprocess.run(asked, capture_output=True, text=True)
        if not file.exists():
            raise LeftOut(f"the harness did not test it: {(done.stderr or done.stdout).strip().splitlines()[0][:300]}")
    return file


def kept(lines):
    """What stays of a report: the verdicts, and what the library gave where it was wrong."""
    keys = ("suite", "id", "variant", "level", "verdict", "got")
    text = "".join(json.dumps({key: line[key] for key in keys if key in line}, ensure_ascii=False) + "\n" for line in lines)
    return lzma.compress(text.encode(), preset=9)


def results(rows, out, harness, debian, keep, jobs):
    FOLDER.mkdir(parents=True, exist_ok=True)
    notes = tomllib.loads((HERE / "notes.toml").read_text())
    tested, left_out, told, running = [], [], {}, {}
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        # Installed one after the other, because package managers hold locks, and tested meanwhile.
        for row in rows:
            try:
                install(row, out, debian)
                told[row["name"]] = version(row, out)
                running[row["name"]] = pool.submit(run, row, out, harness, keep)
            except LeftOut as why:
                left_out.append((row["name"], str(why)))
                print(f"{row['name']:22} left out: {why}", flush=True)
        for row in rows:
            if row["name"] not in running:
                continue
            try:
                file = running[row["name"]].result()
            except LeftOut as why:
                left_out.append((row["name"], str(why)))
                print(f"{row['name']:22} left out: {why}", flush=True)
                continue
            lines = read(file)
            wrong = {line["id"] for line in failures(lines)}
            stale = set(notes.get(row["name"], {}).get("cases", [])) - wrong
            if stale:
                sys.exit(f"error: notes.toml says of {row['name']} what is no longer so: it passes {', '.join(sorted(stale))}")
            (FOLDER / f"{row['name']}.jsonl.xz").write_bytes(kept(lines))
            # The status is that of the run, which has failures.
            badge = [str(harness), "report", str(file), "--report", f"badge={FOLDER / row['name']}.svg", "--quiet"]
            subprocess.run(badge, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            tested.append((row, told[row["name"]], lines))
            print(f"{row['name']:22} {len(lines)} answers, {len(wrong)} cases wrong", flush=True)
    day = datetime.date.today()
    (FOLDER / "README.md").write_text("\n".join(summary.page(tested, left_out, notes, day)) + "\n")
    (FOLDER / "grid.html").write_text(grid.page(tested, notes, day))
    print(f"{len(tested)} libraries tested, {len(left_out)} left out: docs/results/README.md and grid.html")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME", help="the libraries; all if none is named")
    parser.add_argument("--out", type=pathlib.Path, default=OUT, help="the folder to install into")
    parser.add_argument("--debian", action="store_true", help="install packages of Debian too, as root")
    parser.add_argument("--keep", action="store_true", help="take the reports of an earlier run where there are any, and test only the other libraries")
    parser.add_argument("--jobs", type=int, default=os.cpu_count(), help="how many libraries to test at once; one for each processor by default")
    parser.add_argument("--harness", type=pathlib.Path, default=HERE.parent / "target" / "debug" / "xend-harness", help="the program xend-harness")
    asked = parser.parse_args()
    results(libraries(asked.names), asked.out.resolve(), asked.harness.resolve(), asked.debian, asked.keep, asked.jobs)


if __name__ == "__main__":
    main()
