"""Reading a page as a browser does, without one: its elements, ids, texts and whatever it would fetch."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from typing import Any

VOID = {"meta", "link", "br", "hr", "img", "input"}


def scored(value: float) -> dict[str, Any]:
    """A task's entry in run.json."""
    return {"figures": {"spearman": value, "pearson": 0.6}, "main": "spearman", "units": 7, "languages": ["en"]}


class Page(HTMLParser):
    """A parsed page; an AssertionError tells a tag that is not closed where it should be."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.ids: list[str] = []
        self.tags: list[str] = []
        self.fetched: list[str] = []
        self.references: list[str] = []
        self.texts: dict[str, str] = {}
        """The text of each section, and of the summary."""
        self.plots: dict[str, int] = {}
        """How many plots a section has."""
        self.told: list[str] = []
        """What is read where something is pointed at."""
        self._open: list[tuple[str, str | None]] = []
        self.feed(html)
        self.close()
        assert not self._open, f"not closed: {self._open}"

    @property
    def text(self) -> str:
        return " ".join(self.texts.values())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)
        if tag not in VOID:
            self._open.append((tag, dict(attrs).get("id")))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._note(tag, attrs)

    def handle_endtag(self, tag: str) -> None:
        opened, _ = self._open.pop()
        assert opened == tag, f"</{tag}> closes <{opened}>"

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1][0] == "title":
            self.told.append(data)
            return
        if any(tag == "style" for tag, _ in self._open):
            self.fetched += re.findall(r"url\((?!#)[^)]*\)|@import[^;]*", data)
            return
        self.texts[self._section()] = f"{self.texts.get(self._section(), '')} {' '.join(data.split())}".strip()

    def _section(self) -> str:
        return next((own for tag, own in self._open if tag in ("section", "header") and own), "")

    def _note(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag == "svg":
            self.plots[self._section()] = self.plots.get(self._section(), 0) + 1
        for name, value in attrs:
            if name == "id":
                self.ids.append(value or "")
            elif name in ("src", "srcset", "action", "data") or (tag == "link" and name == "href"):
                self.fetched.append(value or "")
            elif name in ("href", "xlink:href"):
                (self.references if (value or "").startswith("#") else self.fetched).append(value or "")
            self.references += re.findall(r"url\((#[^)]*)\)", value or "")
            self.fetched += re.findall(r"url\((?!#)[^)]*\)", value or "") if name == "style" else []
