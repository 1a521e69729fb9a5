"""What a language model has written, without what is not the query."""

from __future__ import annotations

import re

from lacoskit_builtins.queries.languages import LANGUAGES
from lacoskit_builtins.queries.text import in_one_line

_LABELS = {"query", "q"} | {phrases.question.strip(" :：").casefold() for phrases in LANGUAGES.values()}
_LABEL = re.compile(rf"(?:{'|'.join(map(re.escape, sorted(_LABELS, key=len, reverse=True)))})\s*\d*\s*[:：]\s*", re.I)
_NUMBERING = re.compile(r"(?:[-*•#>]+|\(?\d{1,2}[.):])\s+")
_PAIRS = {'"': '"', "“": "”", "«": "»", "「": "」", "『": "』", "'": "'", "‘": "’", "„": "“"}


def clean_query(written: str) -> str:
    """The first line that is not empty, without numbering, labels such as `Query:`, and quotation marks around it."""
    line = in_one_line(next(filter(str.strip, written.splitlines()), ""))
    before = None
    while line and line != before:
        before = line
        line = line.strip("*` ")
        for pattern in (_NUMBERING, _LABEL):
            match = pattern.match(line)
            line = line[match.end() :] if match else line
        if len(line) > 1 and _PAIRS.get(line[0]) == line[-1] and line.count(line[0]) <= 2:
            line = line[1:-1].strip()
    return line
