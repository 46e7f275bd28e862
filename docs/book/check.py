#!/usr/bin/env python3
"""Checks that every link within the pages of a built book leads to a page, and to a place on it.

usage: docs/book/check.py FOLDER
"""

import html.parser
import pathlib
import sys
from urllib.parse import unquote, urlsplit


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.places, self.links = set(), []
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        attributes = dict(attributes)
        self.places.update(filter(None, [attributes.get("id"), attributes.get("name") if tag == "a" else None]))
        target = attributes.get("href" if tag in ("a", "link") else "src")
        if target is not None:
            self.links.append(target)


def main():
    root = pathlib.Path(sys.argv[1]).resolve()
    pages = {path: Page(path) for path in sorted(root.rglob("*.html")) if path.name not in ("toc.html", "print.html")}
    broken, count = [], 0
    for path, page in pages.items():
        for link in page.links:
            parts = urlsplit(link)
            # 404.html is shown for any address, so that its links are absolute.
            if parts.scheme or parts.netloc or parts.path.startswith("/") or path.name == "404.html":
                continue
            count += 1
            target = (path.parent / unquote(parts.path)).resolve() if parts.path else path
            if target.is_dir():
                target /= "index.html"
            there = target in pages and unquote(parts.fragment) in pages[target].places if parts.fragment else target.exists()
            if not there:
                broken.append(f"{path.relative_to(root)}: {link}")
    if broken:
        sys.exit("these links of the book lead nowhere:\n" + "\n".join(broken))
    print(f"book: {len(pages)} pages, {count} links, all of which lead somewhere")


if __name__ == "__main__":
    main()
