"""The languages in which queries are written, by their code."""

from __future__ import annotations

from lacoskit_builtins.queries.languages import ar, en, es, fr, hi, id, pt, sw, vi, zh
from lacoskit_builtins.queries.phrases import Phrases

_ALL = (en, fr, es, pt, zh, ar, hi, vi, id, sw)
LANGUAGES: dict[str, Phrases] = {module.PHRASES.code: module.PHRASES for module in _ALL}
