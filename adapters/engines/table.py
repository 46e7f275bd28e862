"""Prints docs/engines.md: what each common law comes to with Xend, by release and face, and with other engines.

Run: make engines, or python3 adapters/engines/table.py HARNESS; with --check the document is compared and not written.
"""
import json
import os
import re
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
DOCUMENT = os.path.join(HERE, "..", "..", "docs", "engines.md")
FACES = ["sxp", "xmlrpc", "xenapi"]
RELEASES = ["3.0.2", "3.0.3", "3.1", "3.2", "3.3", "3.4", "4.1", "4.4"]
ENGINES = [("QEMU", ["python3", os.path.join(HERE, "qemu.py")]),
           ("libvirt's test driver", ["/usr/bin/python3", os.path.join(HERE, "libvirt_test.py")])]
HEAD = """# Other engines

Do common operations mean the same on other engines? The common laws say what an operation means, without anything of Xend's own: a domain is made of a name, memory and processors.
This table is printed by `make engines` from runs: Xend is our client before the mock of each release, over TCP; QEMU and libvirt's test driver stand behind the adapters of `adapters/engines`.
[Test an engine](guides/test-an-engine.md) tells how another one comes in.

"""
MEANING = """
A cell says with which releases a law holds, or that it `holds` with the engine.
`-` means that the law is not asked there: the face or the engine has no such operation, or the law is one of other releases. The law of a row that an engine breaks stands below with what the engine says.

## Where they differ

| law | engine | does | the law wants | the engine says |
| --- | --- | --- | --- | --- |
"""


def run(harness, command):
    """The laws of a run, in their order, and its verdicts."""
    with tempfile.TemporaryDirectory() as folder:
        report = os.path.join(folder, "report.jsonl")
        words = [harness, "test", "--suite", "operating", "--tag", "common", "--quiet", "--report", f"jsonl={report}", "--"]
        status = subprocess.run(words + command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True)
        if status.returncode not in (0, 1):
            sys.exit(f"{' '.join(command)}: {status.stdout}")
        with open(report) as lines:
            lines = [json.loads(line) for line in lines]
    name = next(line["run"]["subject"] for line in lines if "run" in line)
    laws = {line["case"]["id"]: line["case"]["title"] for line in lines if "case" in line}
    return name, laws, {(line["id"], line["variant"]): line for line in lines if "variant" in line}


def ranges(releases):
    """The releases, where several in a row are one range."""
    parts = []
    for release in releases:
        if parts and RELEASES.index(parts[-1][1]) + 1 == RELEASES.index(release):
            parts[-1][1] = release
        else:
            parts.append([release, release])
    return ", ".join(first if first == last else f"{first} to {last}" for first, last in parts) or "-"


def cell(verdict):
    return {"pass": "holds", "unsupported": "-", "skipped": "-"}.get(verdict["verdict"], "differs")


def words(text):
    """A text as it stands in a cell. The names of domains have the number of the law, which moves."""
    return re.sub(r"xend-law-\d+-\d+", "NAME", " ".join(text.replace("|", "\\|").split()))


def main():
    harness = sys.argv[1]
    _, laws, xend = run(harness, [harness, "subject"])
    engines = [(name, run(harness, command)) for name, command in ENGINES]
    names = [name for name, _ in engines]
    text = HEAD + "Measured with " + " and ".join(found for _, (found, _, _) in engines) + ".\n\n"
    text += "| law | " + " | ".join(FACES + names) + " |\n|" + " --- |" * (1 + len(FACES) + len(names)) + "\n"
    differences, broken = "", []
    for law, title in laws.items():
        cells = []
        for face in FACES:
            found = [(release, xend.get((law, f"{face}+tcp-{release}"))) for release in RELEASES]
            cells.append(ranges([release for release, verdict in found if verdict and verdict["verdict"] == "pass"]))
            broken += [f"{law} {face} {release}" for release, verdict in found if verdict and cell(verdict) == "differs"]
        for name, (_, _, verdicts) in engines:
            verdict = verdicts[law, "engine"]
            cells.append(cell(verdict))
            if cells[-1] == "differs":
                evidence = verdict["evidence"]
                does, own = words(evidence["shown"]).removeprefix("\\| ").split(" over ")[0], law.split("/")[1]
                wanted, got = words(evidence["wanted"]), words(evidence["got"])
                differences += f"| {own} | {name} | `{does}` | {wanted} | {got} |\n"
        text += f"| {title} | " + " | ".join(cells) + " |\n"
    if broken:
        sys.exit(f"our own client breaks laws: {broken}")
    text += MEANING + differences
    if "--check" in sys.argv:
        with open(DOCUMENT) as document:
            same = [line for line in document.read().splitlines() if not line.startswith("Measured with ")]
        if same != [line for line in text.splitlines() if not line.startswith("Measured with ")]:
            sys.exit(f"docs/engines.md is out of date; run `make engines`. It should be:\n{text}")
    else:
        with open(DOCUMENT, "w") as document:
            document.write(text)
    print(f"engines: {len(laws)} common laws, {differences.count(chr(10))} differences")


main()
