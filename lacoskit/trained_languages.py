"""The languages that a model was trained on: as its card tells, or as is known of its family."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from lacoskit.languages import short_code
from lacoskit.layout import CONFIG
from lacoskit.location import ASSETS, BUNDLED

BLOOM = (
    "ak ar as bm bn ca en es eu fon fr gu hi id ig ki kn lg ln ml mr ne nso ny or pa pt rn rw sn st sw ta te tn ts tum "
    "tw ur vi wo xh yo zh zu"
)
"""The natural languages of ROOTS (Laurençon et al. 2022)."""

XLM_R = (
    "af am ar as az be bg bn br bs ca cs cy da de el en eo es et eu fa fi fr fy ga gd gl gu ha he hi hr hu hy id is it "
    "ja jv ka kk km kn ko ku ky la lo lt lv mg mk ml mn mr ms my ne nl no om or pa pl ps pt ro ru sa sd si sk sl so sq "
    "sr su sv sw ta te th tl tr ug uk ur uz vi xh yi zh"
)
"""Those of CC-100 (Conneau et al. 2020)."""

FAMILIES = {
    "bigscience/bloom": BLOOM,
    "bigscience/bloomz": BLOOM,
    "FacebookAI/xlm-roberta": XLM_R,
    "xlm-roberta": XLM_R,
}
"""Languages by how the names of models on the hub begin."""


def trained_languages(model: str) -> frozenset[str] | None:
    """The codes, in two letters where a language has them, of a base model or of one trained from it; None if unknown.

    `model` is a folder, an output folder of a run, or a name on the hub.
    """
    folder = ASSETS / BUNDLED if model == BUNDLED else Path(model).expanduser()
    if (folder / CONFIG).is_file():
        base = _front_matter(folder / CONFIG, whole=True).get("model")
        return trained_languages(str(base)) if base else None
    if folder.is_dir():
        told = _front_matter(folder / "README.md").get("language")
        codes = {short_code(str(code)) for code in (told if isinstance(told, list) else [told]) if code}
        return frozenset(codes - {"multilingual", "code"}) or None
    known = next((FAMILIES[name] for name in sorted(FAMILIES, key=len, reverse=True) if model.startswith(name)), None)
    return None if known is None else frozenset(known.split())


def _front_matter(path: Path, whole: bool = False) -> dict[str, Any]:
    """The mapping at the head of a model card, or that a YAML file is; empty if there is none."""
    try:
        text = path.read_text(encoding="utf-8")
        if not whole:
            _, text, _ = text.split("---\n", 2) if text.startswith("---\n") else ("", "", "")
        found = yaml.safe_load(text)
    except (OSError, UnicodeError, ValueError, yaml.YAMLError):
        return {}
    return found if isinstance(found, dict) else {}
