"""The verdicts of a run of xend-harness, as results.py, summary.py and grid.py look at them."""
import base64
import json
import pathlib
import re

HERE = pathlib.Path(__file__).resolve().parent

#: The suites that a library can be asked.
SUITES = ["reading", "writing", "calling"]

#: What can be wrong with what a library reads, by the verdict and what the harness says of it.
KINDS = ["takes what is wrong", "refuses what is right", "reads another value", "crashes or hangs"]


def read(file):
    """The lines about verdicts of a report of JSON lines, each with what the report says of its case."""
    # Not splitlines(), which takes U+0085 and U+2028 for ends of lines.
    lines = [json.loads(line) for line in file.read_text(encoding="utf-8").rstrip("\n").split("\n")]
    cases = {(line["case"]["suite"], line["case"]["id"]): line["case"] for line in lines if "case" in line}
    found = []
    for line in lines:
        if "id" not in line:
            continue
        line["case"] = cases[line["suite"], line["id"]]
        if "why" in line:
            line["why"] = steady(line["why"])
        if "evidence" in line:
            evidence = line.pop("evidence")
            line |= {"got": steady(evidence["got"]), "wanted": evidence["wanted"], "shown": evidence["shown"]}
            line["sent"] = [part["sent"] for part in evidence.get("exchange", []) if "sent" in part]
        found.append(line)
    return found


def steady(text):
    """A text without what is another on each machine: the ports of servers, and the file that an external entity names."""
    text = re.sub(r"(127\.0\.0\.1|localhost):\d+", r"\1:PORT", text)
    return re.sub(r"root:x:0:0:[^\"]*", "(the text of /etc/passwd)", text)


def kind(line):
    if line["verdict"] == "fail":
        return KINDS[0] if "accepts" in line["why"] else KINDS[1]
    return KINDS[2] if line["verdict"] == "wrong-value" else KINDS[3]


def asked(lines, suite):
    """What a library was asked in a suite, by the rules `spec` where there are rules, and without TLS."""
    mine = [line for line in lines if line["suite"] == suite and line.get("variant", "spec") == "spec"]
    return [line for line in mine if line["verdict"] not in ("unsupported", "skipped") and not is_of_adapter(line)]


def is_of_adapter(line):
    """Whether a failure is one of the adapter, which says nothing about the library.

    An answer that is none is the adapter's, such as one that can't tell what a call gave. Questions with U+0000 or half
    of a surrogate pair end adapters whose reader of JSON refuses these.
    """
    refused = r"\\u0000|\\ud[89a-f]"
    return line["verdict"] == "invalid-answer" or (
        line["verdict"] == "crash" and line["suite"] == "writing" and re.search(refused, document(line) or "", re.IGNORECASE) is not None
    )


def failures(lines):
    return [line for line in lines if line["verdict"] not in ("pass", "unsupported", "skipped") and not is_of_adapter(line)]


def wrong_of(lines):
    """The failures at the level `must`, and crashes at any: a crash is a failure whatever the level."""
    return [line for line in failures(lines) if line["level"] == "must" or kind(line) == KINDS[3]]


def document(line):
    """The document, or the value to write, that a verdict is about, if it is short text."""
    case = line["case"]
    data = base64.b64decode(case["input"])
    if len(data) < case["length"]:
        return None
    try:
        return data.decode()
    except UnicodeDecodeError:
        return None
