"""docs/results/grid.html: libraries by suites, and behind each number the cases with what each library made of them."""
import base64
import json
import tomllib
import zlib

from verdicts import HERE, SUITES, asked, failures, kind, wrong_of

#: Bytes of a document that the page has; the whole of a longer one is in fixtures/.
MOST = 3000


def page(results, notes, day):
    template = (HERE / "grid.html").read_text()
    text = json.dumps(data(results, notes, day), ensure_ascii=False, sort_keys=True, separators=(",", ":"))
    # It is ten times as large as its compressed form.
    packed = base64.b64encode(zlib.compress(text.encode(), 9)).decode()
    return template.replace("{{data}}", packed)


def data(results, notes, day):
    rules = {}
    for file in sorted((HERE.parent / "fixtures" / "rules").glob("*.toml")):
        rules |= {rule["id"]: rule["text"] for rule in tomllib.loads(file.read_text())["rule"]}
    cases, libraries = {}, []
    for row, told, lines in results:
        counts, wrong, right = [], {}, []
        for suite in SUITES:
            spec = asked(lines, suite)
            counts.append([sum(line["level"] == "must" for line in spec), len(wrong_of(spec))] if spec else None)
            failed = {line["id"] for line in failures(spec)}
            for line in spec:
                number = number_of(cases, line)
                if line["id"] in failed:
                    wrong[number] = answer(line)
                else:
                    right.append(number)
        note = notes.get(row["name"], {}).get("text", "").strip()
        libraries.append({"name": row["name"], "language": row["language"], "version": told, "note": note, "counts": counts, "wrong": wrong, "right": right})
    return {"day": str(day), "suites": SUITES, "rules": rules, "cases": [case for _, case in cases.values()], "libraries": libraries}


def number_of(cases, line):
    """The number of the case of a line, which is added if it is new."""
    key = line["suite"], line["id"]
    if key not in cases:
        case = line["case"]
        told = {name: case[name] for name in ("title", "rule", "source") if case.get(name)}
        input = base64.b64encode(base64.b64decode(case["input"])[:MOST]).decode()
        cases[key] = len(cases), {"suite": line["suite"], "id": line["id"], "level": line["level"], "input": input, "length": case["length"], **told}
    number, case = cases[key]
    # What a server replied is the same for all libraries.
    if line.get("sent") and "reply" not in case:
        sent = b"".join(map(base64.b64decode, line["sent"]))
        case["reply"] = base64.b64encode(sent[:MOST]).decode()
    return number


def answer(line):
    """What a library made of a case that it got wrong."""
    found = {"kind": kind(line) if line["suite"] == "reading" else line["verdict"], "why": line["why"], "counted": bool(wrong_of([line]))}
    for name in ("got", "wanted"):
        if line.get(name):
            found[name] = line[name] if len(line[name]) < MOST else line[name][:MOST] + " ..."
    if line["suite"] == "writing" and line.get("shown"):
        found["where"] = line["shown"]
    return found
