#!/usr/bin/env python3
"""Installs, builds, tests and lists the libraries that have an adapter here (libraries.toml).

    python3 adapters/libraries.py install [--debian] [NAME...]
    python3 adapters/libraries.py list
    python3 adapters/libraries.py results [--debian] [--keep] [--harness PROGRAM] [NAME...]

`results` tests each library and writes docs/results: the report of each run as JSON lines (NAME.jsonl.xz), and
README.md with the grid and what each library gets wrong. But for versions and the date, the same libraries give the
same files.

Everything goes into one folder, target/adapters (or that of `--out`): a virtual environment, a node_modules, and what
is compiled. Packages of Debian are the exception. They are installed only with `--debian`, which needs root; without
it, a library whose packages are missing is left out, and the reason is printed.
"""
import argparse
import datetime
import json
import lzma
import pathlib
import re
import shutil
import subprocess
import sys
import tomllib

HERE = pathlib.Path(__file__).resolve().parent


class LeftOut(Exception):
    """Why a library can't be tried on this machine."""


def libraries(names=()):
    rows = tomllib.loads((HERE / "libraries.toml").read_text())["library"]
    unknown = set(names) - {row["name"] for row in rows}
    if unknown:
        sys.exit(f"error: no library has the name {', '.join(sorted(unknown))}; `libraries.py list` prints all names")
    return [row for row in rows if not names or row["name"] in names]


def command(words, out):
    return [word.replace("{here}", str(HERE)).replace("{out}", str(out)) for word in words]


def run(words, what):
    done = subprocess.run(words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
    if done.returncode != 0:
        raise LeftOut(f"{what} failed: {done.stdout.strip()[-300:]}")
    return done.stdout


def debian_version(package):
    """The version of an installed package of Debian, or None."""
    if shutil.which("dpkg-query") is None:
        return None
    form = "--showformat=${db:Status-Status} ${Version}"
    done = subprocess.run(["dpkg-query", "--show", form, package], capture_output=True, text=True)
    status, _, version = done.stdout.partition(" ")
    return version if status == "installed" else None


def install(row, out, debian):
    """Installs and builds a library. Raises LeftOut if that can't be done."""
    missing = [package for package in row.get("debian", []) if debian_version(package) is None]
    if missing and debian:
        run(["apt-get", "install", "--yes", "--no-install-recommends", *missing], "apt-get")
        missing = []
    if missing:
        raise LeftOut(f"needs the Debian packages {' '.join(missing)}; --debian installs them")
    if shutil.which(row["needs"]) is None:
        raise LeftOut(f"there is no {row['needs']}")
    out.mkdir(parents=True, exist_ok=True)
    if "pip" in row:
        python = out / "python" / "bin" / "python"
        if not python.exists():
            run(["python3", "-m", "venv", str(out / "python")], "the virtual environment")
        run([str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", *row["pip"]], "pip")
    if "npm" in row:
        (out / "node").mkdir(exist_ok=True)
        run(["npm", "install", "--silent", "--no-audit", "--no-fund", "--prefix", str(out / "node"), *row["npm"]], "npm")
    if "build" in row:
        run(command(row["build"], out), "the build")


def version(row, out):
    """What a library calls itself in its answer to hello, and the version of its first package."""
    question = json.dumps({"hello": {"protocol": 1}}) + "\n"
    done = subprocess.run(command(row["run"], out), input=question, capture_output=True, text=True, timeout=60)
    if not done.stdout:
        raise LeftOut(f"the adapter does not start: {done.stderr.strip()[-300:]}")
    hello = json.loads(done.stdout)["hello"]
    package = next((f"{name} {debian_version(name)}" for name in row.get("debian", [])), None)
    package = package or next(iter(row.get("pip", []) + row.get("npm", [])), None)
    return f"{hello['name']} {hello['version']}" + (f" ({package})" if package else "")


# What can be wrong with an answer, as the grid tells it, by the verdict and what the harness says of it.
KINDS = ["takes what is wrong", "refuses what is right", "reads another value", "crashes or hangs"]


def kind(line):
    if line["verdict"] == "fail":
        return KINDS[0] if "accepts" in line["why"] else KINDS[1]
    return KINDS[2] if line["verdict"] == "wrong-value" else KINDS[3]


def report(row, out, harness, keep):
    """Tests a library by all suites that its adapter declares, and returns the lines of the report about cases."""
    file = out / f"{row['name']}.jsonl"
    if not (keep and file.exists()):
        file.unlink(missing_ok=True)
        done = subprocess.run([str(harness), "test", "--report", f"jsonl={file}", "--", *command(row["run"], out)], capture_output=True, text=True)
        if not file.exists():
            raise LeftOut(f"the harness did not test it: {(done.stderr or done.stdout).strip().splitlines()[0][:300]}")
    lines = [json.loads(line) for line in file.read_text().splitlines()]
    told = {}
    for line in lines:
        if "case" in line:
            told[line["case"]["suite"], line["case"]["id"]] = line["case"]
        elif "id" in line:
            case = told[line["suite"], line["id"]]
            line |= {"title": case["title"], "source": case["source"]}
            if "evidence" in line:
                evidence = line.pop("evidence")
                line |= {"got": unported(evidence["got"]), "wanted": evidence["wanted"]}
    return [line for line in lines if "id" in line]


def unported(text):
    """A text without the ports of servers, which are others in each run."""
    return re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:PORT", text)


def asked(lines, suite):
    """What a library was asked in a suite, by the rules `spec` where there are rules."""
    return [line for line in lines if line["suite"] == suite and line.get("variant", "spec") == "spec" and line["verdict"] not in ("unsupported", "skipped")]


def failures(lines):
    return [line for line in lines if line["verdict"] not in ("pass", "unsupported", "skipped")]


def wrong_of(lines):
    """The failures at the level `must`, and crashes at any: a crash is a failure whatever the level."""
    return [line for line in failures(lines) if line["level"] == "must" or kind(line) == KINDS[3]]


def document(case):
    """The document of a case as it stands in its file, if it is short and text."""
    row = tomllib.loads((HERE.parent / "fixtures" / "cases" / f"{case}.toml").read_text())
    return row.get("input")


def smallest(lines):
    """For each kind of mistake the failed case with the smallest document."""
    found = {}
    for line in failures(lines):
        text = document(line["id"])
        if line["level"] == "must" and text and (kind(line) not in found or len(text) < len(found[kind(line)][1])):
            found[kind(line)] = (line, text)
    return [found[name] for name in KINDS if name in found]


def shown(text):
    return text if len(text) < 200 else text[:200] + " ..."


def page(results, left_out, notes, day):
    """docs/results/README.md."""
    yield "# How XML-RPC libraries do"
    yield ""
    yield f"{len(results)} libraries of {len({row['language'] for row, *_ in results})} languages, each through its adapter in [adapters](../../adapters/README.md), tested on {day}."
    yield "`make results` makes this page anew: it installs what is not there, runs the harness, and writes the report of each run beside it."
    yield ""
    yield "A number is how many cases of the level *must*, those that the specification decides, a library got wrong, of how many it was asked by the rules `spec`."
    yield "The columns behind it tell them apart; a crash or a hang counts at any level. *should* counts what the errata and common sense ask for."
    yield "A library is asked only what its adapter declares, so that a low number in *asked* is no praise."
    yield ""
    yield "| library | language | version | asked | wrong | " + " | ".join(KINDS) + " | should |"
    yield "| --- | --- | --- | --: | --: |" + " --: |" * (len(KINDS) + 1)
    for row, told, lines in results:
        spec = asked(lines, "reading")
        if not spec:
            continue
        must, should = ([line for line in spec if line["level"] == level] for level in ("must", "should"))
        wrong = wrong_of(spec)
        counts = [sum(kind(line) == name for line in wrong) for name in KINDS]
        cells = [f"[{row['name']}](#{row['name'].replace('.', '')})", row["language"], told, len(must), len(wrong), *counts, f"{len(failures(should))} of {len(should)}"]
        yield "| " + " | ".join(map(str, cells)) + " |"
    yield from writing_and_calling(results)
    for name, why in left_out:
        yield ""
        yield f"`{name}` is left out: {why}"
    for row, told, lines in results:
        yield ""
        yield f"## {row['name']}"
        yield ""
        yield told + "."
        if row["name"] in notes:
            yield notes[row["name"]]["text"].strip()
        for line, text in smallest(asked(lines, "reading")):
            yield ""
            yield f"It {kind(line)}: {line['title']} (`{line['id']}`; {line['source']})."
            yield ""
            yield "```xml"
            yield shown(text.strip())
            yield "```"
            yield ""
            yield f"It gave `{shown(line['got'])}`, and should have given `{shown(line['wanted'])}`."
        for suite, what in OTHERS.items():
            yield from causes(wrong_of(asked(lines, suite)), what)


# The suites besides reading, and what a library is asked in each.
OTHERS = {"writing": "values to write", "calling": "calls"}


def writing_and_calling(results):
    """The table of what libraries write, and of how they call."""
    rows = [(row, *(asked(lines, suite) for suite in OTHERS)) for row, _, lines in results]
    rows = [row for row in rows if any(row[1:])]
    if not rows:
        return
    yield ""
    yield "What a library writes is read and compared with the value that it was given; its calls go to servers that reply well, badly or not at all, and both the request and what the library made of the reply are judged."
    yield "A dash says that the adapter does not declare it."
    yield ""
    yield "| library | " + " | ".join(f"{what} | wrong" for what in OTHERS.values()) + " |"
    yield "| --- |" + " --: | --: |" * len(OTHERS)
    for row, *suites in rows:
        cells = [f"[{row['name']}](#{row['name'].replace('.', '')})"]
        for lines in suites:
            cells += [sum(line["level"] == "must" for line in lines), len(wrong_of(lines))] if lines else ["–", "–"]
        yield "| " + " | ".join(map(str, cells)) + " |"


def causes(wrong, what):
    """Why a library got some of what it was asked wrong, the commonest causes first, each with one case."""
    if not wrong:
        return
    by_cause = {}
    for line in wrong:
        # What stands behind a colon is of one case.
        by_cause.setdefault(unported(line["why"]).split(": ")[0], []).append(line)
    yield ""
    yield f"Of the {what}, it got {len(wrong)} wrong:"
    yield ""
    for why, lines in sorted(by_cause.items(), key=lambda item: -len(item[1]))[:5]:
        yield f"* {len(lines)}: {why} (such as `{lines[0]['id']}`)"
    if len(by_cause) > 5:
        yield f"* {sum(map(len, by_cause.values())) - sum(sorted(map(len, by_cause.values()))[-5:])} for other reasons"


def results(rows, out, harness, debian, keep):
    folder = HERE.parent / "docs" / "results"
    folder.mkdir(parents=True, exist_ok=True)
    notes = tomllib.loads((HERE / "notes.toml").read_text())
    tested, left_out = [], []
    for row in rows:
        try:
            install(row, out, debian)
            told = version(row, out)
            lines = report(row, out, harness, keep)
        except LeftOut as why:
            left_out.append((row["name"], str(why)))
            print(f"{row['name']:22} left out: {why}", flush=True)
            continue
        wrong = {line["id"] for line in failures(lines)}
        stale = set(notes.get(row["name"], {}).get("cases", [])) - wrong
        if stale:
            sys.exit(f"error: notes.toml says of {row['name']} what is no longer so: it passes {', '.join(sorted(stale))}")
        text = "".join(json.dumps({key: line[key] for key in ("suite", "id", "variant", "level", "verdict", "got") if key in line}, ensure_ascii=False) + "\n" for line in lines)
        (folder / f"{row['name']}.jsonl.xz").write_bytes(lzma.compress(text.encode(), preset=9))
        tested.append((row, told, lines))
        print(f"{row['name']:22} {len(lines)} answers, {len(wrong)} cases wrong", flush=True)
    text = "\n".join(page(tested, left_out, notes, datetime.date.today())) + "\n"
    (folder / "README.md").write_text(text)
    print(f"{len(tested)} libraries tested, {len(left_out)} left out: docs/results/README.md")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("what", choices=["install", "list", "results"])
    parser.add_argument("names", nargs="*", metavar="NAME", help="the libraries; all if none is named")
    parser.add_argument("--out", type=pathlib.Path, default=HERE.parent / "target" / "adapters", help="the folder to install into")
    parser.add_argument("--debian", action="store_true", help="install packages of Debian too, as root")
    parser.add_argument("--keep", action="store_true", help="take the reports of an earlier run where there are any, and test only the other libraries")
    parser.add_argument("--harness", type=pathlib.Path, default=HERE.parent / "target" / "debug" / "xend-harness", help="the program xend-harness")
    asked = parser.parse_intermixed_args()
    out = asked.out.resolve()
    if asked.what == "results":
        return results(libraries(asked.names), out, asked.harness.resolve(), asked.debian, asked.keep)
    left_out = 0
    for row in libraries(asked.names):
        if asked.what == "list":
            print(f"{row['name']:22} {row['language']:11} {' '.join(command(row['run'], out))}")
            continue
        try:
            install(row, out, asked.debian)
            print(f"{row['name']:22} {version(row, out)}", flush=True)
        except LeftOut as why:
            left_out += 1
            print(f"{row['name']:22} left out: {why}", flush=True)
    if asked.what == "install":
        print(f"{len(libraries(asked.names)) - left_out} libraries are ready, {left_out} left out")


if __name__ == "__main__":
    main()
