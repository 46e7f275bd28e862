"""docs/results/README.md: how libraries do, and what each gets wrong, with the smallest document for each mistake."""
from verdicts import KINDS, asked, document, failures, kind, wrong_of

#: The suites besides reading, and what a library is asked in each.
OTHERS = {"writing": "values to write", "calling": "calls"}


def page(results, left_out, notes, day):
    yield "# How XML-RPC libraries do"
    yield ""
    yield f"{len(results)} libraries of {len({row['language'] for row, *_ in results})} languages, each through its adapter in [adapters](../../adapters/README.md), tested on {day}."
    yield "[grid.html](grid.html) is the same to look at in a browser: libraries by suites, and behind each number the cases, with document, answer and reason."
    yield "`make results` makes both anew: it installs what is not there, runs the harness, and writes the report of each run beside them."
    yield ""
    yield agreement(results)
    yield ""
    yield "A number is how many cases of the level *must*, those that the specification decides, a library got wrong, of how many it was asked by the rules `spec`."
    yield "The columns behind it tell them apart; a crash or a hang counts at any level. *should* counts what the errata and common sense ask for."
    yield "A library is asked only what its adapter declares, so that a low number in *asked* is no praise."
    yield ""
    yield from reading(results)
    yield from writing_and_calling(results)
    for name, why in left_out:
        yield ""
        yield f"`{name}` is left out: {why}"
    for row, told, lines in results:
        yield from about(row, told, lines, notes.get(row["name"]))


def agreement(results):
    """How many of the documents that every library was asked all of them read right."""
    libraries = []
    for _, _, lines in results:
        must = {line["id"]: line["verdict"] == "pass" for line in asked(lines, "reading") if line["level"] == "must"}
        if must:
            libraries.append(must)
    shared = set.intersection(*map(set, libraries))
    right = [sum(it[case] for it in libraries) for case in shared]
    everybody, most = sum(count == len(libraries) for count in right), sum(2 * count > len(libraries) for count in right)
    return f"Of {len(shared)} documents that the specification decides and that each of {len(libraries)} libraries was asked, all read {everybody} as they should, and more than half of them {most}."


def link(row):
    return f"[{row['name']}](#{row['name'].replace('.', '')})"


def reading(results):
    yield "| library | language | version | asked | wrong | " + " | ".join(KINDS) + " | should |"
    yield "| --- | --- | --- | --: | --: |" + " --: |" * (len(KINDS) + 1)
    for row, told, lines in results:
        spec = asked(lines, "reading")
        if not spec:
            continue
        must, should = ([line for line in spec if line["level"] == level] for level in ("must", "should"))
        wrong = wrong_of(spec)
        counts = [sum(kind(line) == name for line in wrong) for name in KINDS]
        cells = [link(row), row["language"], told, len(must), len(wrong), *counts, f"{len(failures(should))} of {len(should)}"]
        yield "| " + " | ".join(map(str, cells)) + " |"


def writing_and_calling(results):
    """The table of what libraries write, and of how they call."""
    rows = [(row, *(asked(lines, suite) for suite in OTHERS)) for row, _, lines in results]
    rows = [row for row in rows if any(row[1:])]
    if not rows:
        return
    yield ""
    yield "What a library writes is read and compared with the value that it was given; its calls go to servers that reply well, badly or not at all, and both the request and what the library made of the reply are judged."
    yield "A dash says that it was not asked: the adapter does not declare it, or its run was ended before."
    yield ""
    yield "| library | " + " | ".join(f"{what} | wrong" for what in OTHERS.values()) + " |"
    yield "| --- |" + " --: | --: |" * len(OTHERS)
    for row, *suites in rows:
        cells = [link(row)]
        for lines in suites:
            cells += [sum(line["level"] == "must" for line in lines), len(wrong_of(lines))] if lines else ["–", "–"]
        yield "| " + " | ".join(map(str, cells)) + " |"


def about(row, told, lines, note):
    """What a library gets wrong."""
    yield ""
    yield f"## {row['name']}"
    yield ""
    yield f"![badge]({row['name']}.svg)"
    yield ""
    yield told + "."
    if note:
        yield note["text"].strip()
    for line, text in smallest(asked(lines, "reading")):
        case = line["case"]
        yield ""
        yield f"It {kind(line)}: {case['title']} (`{line['id']}`; {case['source']})."
        yield ""
        yield "```xml"
        yield shown(text.strip())
        yield "```"
        yield ""
        yield f"It gave `{shown(line['got'])}`, and should have given `{shown(line['wanted'])}`."
    for suite, what in OTHERS.items():
        yield from causes(wrong_of(asked(lines, suite)), suite, what)


def smallest(lines):
    """For each kind of mistake the failed case with the smallest document."""
    found = {}
    for line in failures(lines):
        text = document(line)
        if line["level"] == "must" and text and (kind(line) not in found or len(text) < len(found[kind(line)][1])):
            found[kind(line)] = (line, text)
    return [found[name] for name in KINDS if name in found]


def shown(text):
    """A text for a code block: not too long, and with its control characters to be seen."""
    text = "".join(letter if letter.isprintable() or letter == "\n" else letter.encode("unicode_escape").decode() for letter in text)
    return text if len(text) < 200 else text[:200] + " ..."


def causes(wrong, suite, what):
    """Why a library got some of what it was asked wrong, the commonest causes first, each with its smallest case."""
    if not wrong:
        return
    by_cause = {}
    for line in wrong:
        # What stands behind a colon is of one case.
        by_cause.setdefault(line["why"].split(": ")[0], []).append(line)
    told = sorted(by_cause.items(), key=lambda item: -len(item[1]))
    yield ""
    yield f"Of the {what}, it got {len(wrong)} wrong:"
    yield ""
    for why, lines in told[:5]:
        first = min(lines, key=lambda line: line["case"]["length"])
        given = document(first) if suite == "writing" else None
        example = f"`{shown(given)}` became `{shown(written(first))}`" if given and "got" in first else first["case"]["title"]
        yield f"* {len(lines)}: {why} (`{first['id']}`: {example})"
    if len(told) > 5:
        yield f"* {sum(len(lines) for _, lines in told[5:])} for other reasons"


def written(line):
    """What a library wrote, where it is wrong; if the place is not known, what it means."""
    places = [text.removeprefix("  | ") for text in line["shown"].splitlines() if text.strip(" |^")]
    return " ".join(places) if places else line["got"]
