#!/usr/bin/env python3
"""A preprocessor of mdBook that lets documents of the whole repository be chapters.

A chapter that SUMMARY.md takes from outside of `docs/` gets a place in the book. Links between chapters lead to those
places, and links to other files of `docs/` to those files. What a link to any other file of the repository says stays
as text, because a book has no such file.
"""

import json
import os
import re
import sys
from urllib.parse import urlsplit

LINK = re.compile(r"(?<!!)\[((?:[^\[\]`]|`[^`]*`)*)\]\(([^()\s]+)\)")
#: What is shown as it stands: code blocks, and code within a line unless a link is around it.
FENCED = re.compile(r"(^```.*?^```\s*?$)", re.MULTILINE | re.DOTALL)


def chapters(items):
    for item in items:
        chapter = item.get("Chapter") if isinstance(item, dict) else None
        if chapter:
            yield chapter
            yield from chapters(chapter["sub_items"])


def place(source):
    """Where a source, given from `docs/`, has its place: `../fixtures/README.md` becomes `fixtures.md`."""
    if not source.startswith("../"):
        return source
    folder, name = os.path.split(source[len("../"):])
    return (folder.replace("/", "-") if name == "README.md" and folder else name.lower()[: -len(".md")]) + ".md"


def main():
    if sys.argv[1:2] == ["supports"]:
        return
    _, book = json.load(sys.stdin)
    items = book.get("items", book.get("sections"))
    known = {chapter["source_path"]: place(chapter["source_path"]) for chapter in chapters(items) if chapter.get("source_path")}
    for chapter in chapters(items):
        source = chapter.get("source_path")
        if not source:
            continue
        here = known[source]

        def lead(found):
            text, target = found.groups()
            parts = urlsplit(target)
            if parts.scheme or not parts.path:
                return found.group(0)
            file = os.path.normpath(os.path.join(os.path.dirname(source), parts.path))
            if os.path.isdir(file) and os.path.join(file, "README.md") in known:
                file = os.path.join(file, "README.md")
            in_docs = not file.startswith("..") and os.path.splitext(file)[1] not in ("", ".md") and os.path.exists(file)
            if file not in known and not in_docs:
                return text
            path = os.path.relpath(known.get(file, file), os.path.dirname(here) or ".")
            return f"[{text}]({path}{'#' + parts.fragment if parts.fragment else ''})"

        pieces = FENCED.split(chapter["content"])
        pieces[::2] = [LINK.sub(lead, piece) for piece in pieces[::2]]
        chapter["content"] = "".join(pieces)
        chapter["path"] = here
    json.dump(book, sys.stdout)


if __name__ == "__main__":
    main()
