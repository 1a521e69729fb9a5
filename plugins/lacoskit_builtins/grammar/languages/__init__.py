"""The languages of the grammar, by their code, in the order in which they are listed everywhere."""

from __future__ import annotations

from lacoskit_builtins.grammar.languages.ar import Arabic
from lacoskit_builtins.grammar.languages.en import English
from lacoskit_builtins.grammar.languages.es import Spanish
from lacoskit_builtins.grammar.languages.fr import French
from lacoskit_builtins.grammar.languages.hi import Hindi
from lacoskit_builtins.grammar.languages.id import Indonesian
from lacoskit_builtins.grammar.languages.pt import Portuguese
from lacoskit_builtins.grammar.languages.sw import Swahili
from lacoskit_builtins.grammar.languages.vi import Vietnamese
from lacoskit_builtins.grammar.languages.zh import Chinese
from lacoskit_builtins.grammar.realise import Language

_ALL: tuple[Language, ...] = (
    English(), French(), Spanish(), Portuguese(), Arabic(), Hindi(), Vietnamese(), Indonesian(), Chinese(), Swahili(),
)  # fmt: skip
GRAMMARS: dict[str, Language] = {grammar.code: grammar for grammar in _ALL}
