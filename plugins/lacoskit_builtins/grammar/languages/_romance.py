"""What French, Spanish and Portuguese share: gender, agreement, articles, and contractions over the whole sentence."""

from __future__ import annotations

from abc import abstractmethod
from typing import ClassVar

from lacoskit_builtins.grammar import inventory as inv
from lacoskit_builtins.grammar.lexicon import Entry
from lacoskit_builtins.grammar.realise import Language, Saying
from lacoskit_builtins.grammar.scenes import SOME, Phrase


class Romance(Language):
    """A Romance language.

    A noun is its gender (m or f), its singular and, where no rule gives it, its plural.  A quality is its masculine
    singular, the other three forms where no rule gives them; ``<`` in front of it sets it before the noun.  A verb
    that describes a posture is a participle behind ``=`` and agrees like a quality.
    """

    numbers: tuple[str, ...]
    one: ClassVar[dict[str, str]]
    some: ClassVar[dict[str, str]]
    definite: ClassVar[dict[str, tuple[str, str]]]
    contractions: tuple[tuple[str, str], ...]

    @abstractmethod
    def plural(self, word: str) -> str:
        """The plural of a noun or quality, by rule."""

    @abstractmethod
    def feminine(self, word: str) -> str:
        """The feminine of a quality or participle, by rule."""

    def inflect(self, entry: Entry, gender: str, many: bool) -> str:
        """A quality or participle that agrees; of a longer expression only its first word does."""
        head, _, rest = entry.forms[0].partition(" ")
        if rest and len(entry.forms) == 1:
            return f"{self.inflect(Entry((head,)), gender, many)} {rest}"
        forms = tuple(form.lstrip("<=") for form in entry.forms)
        single = forms[0] if gender == "m" else forms[1] if len(forms) > 1 else self.feminine(forms[0])
        if not many:
            return single
        return forms[2 if gender == "m" else 3] if len(forms) > 3 else self.plural(single)

    def noun_phrase(self, entry: Entry, phrase: Phrase, form: str) -> str:
        gender, many = entry.forms[0][0], phrase.count != 1
        name = self.number_of(entry, many)
        if phrase.quality:
            quality = self.words.qualities[phrase.quality][0]
            word = self.inflect(quality, gender, many)
            name = f"{word} {name}" if quality.forms[0].startswith("<") else f"{name} {word}"
        return self.determined(name, gender, phrase, form)

    def determined(self, name: str, gender: str, phrase: Phrase, form: str) -> str:
        """A name with its article or number."""
        if form in ("the", "place"):
            return f"{self.definite[gender][phrase.count != 1]} {name}"
        if phrase.noun in inv.MASS:
            return name
        if phrase.count == 1:
            return f"{self.one[gender]} {name}"
        return f"{self.number(phrase.count, gender)} {name}"

    def number(self, count: int, gender: str) -> str:
        """A numeral, or the word for an unnamed number."""
        if count == SOME:
            return self.some[gender]
        return self.numbers[count] if count < len(self.numbers) else str(count)

    def number_of(self, entry: Entry, many: bool) -> str:
        """The noun itself in one of its two numbers."""
        if not many:
            return entry.forms[1]
        return entry.forms[2] if len(entry.forms) > 2 else self.plural(entry.forms[1])

    def agreeing(self, saying: Saying, word: str, of_object: bool = False) -> str:
        """A participle that agrees with the subject, or with the object."""
        noun, phrase = (saying.object, saying.scene.object) if of_object else (saying.subject, saying.scene.subject)
        return self.inflect(Entry((word,)), noun.forms[0][0], phrase.count != 1)

    def manner(self, entry: Entry, saying: Saying) -> str:
        word = entry.forms[0]
        return self.agreeing(saying, word) if word.startswith("=") else word

    def slot_A(self, form: str, saying: Saying) -> str:
        """What is said of the subject of a state, agreeing."""
        return self.inflect(saying.verb, saying.subject.forms[0][0], False)

    def polish(self, text: str) -> str:
        for apart, together in self.contractions:
            if apart in text:
                text = text.replace(apart, together)
        return text


_PASSING = frozenset(
    ("happy", "sad", "opened", "closed", "full", "empty", "clean_q", "dirty", "wet", "dry", "hot", "cold", "tired")
)


class Iberian(Romance):
    """Spanish and Portuguese: what goes on is said with a gerund.

    A verb is its gerund and, where no rule gives it, its participle.
    """

    lasting: str  # is, said of what lasts; what passes takes the other verb, which the two languages share
    percent: str

    def plural(self, word: str) -> str:
        return f"{word}s"

    def feminine(self, word: str) -> str:
        return f"{word[:-1]}a" if word.endswith("o") else word

    def slot_V(self, form: str, saying: Saying) -> str:
        word = saying.verb.forms[0]
        word = self.agreeing(saying, word) if word.startswith("=") else word
        tail = "" if saying.scene.object.noun and self.owns_object(saying) else saying.verb.tail
        return f"{word} {tail}".rstrip()

    def slot_Vpass(self, form: str, saying: Saying) -> str:
        """The participle of the verb, agreeing with the object."""
        return self.agreeing(saying, self.participle(saying.verb), of_object=True)

    def slot_agree(self, form: str, saying: Saying) -> str:
        """A form of the verb's entry that agrees with the subject."""
        return self.agreeing(saying, saying.verb.forms[int(form)])

    def slot_agreeO(self, form: str, saying: Saying) -> str:
        return self.agreeing(saying, saying.verb.forms[int(form)], of_object=True)

    def slot_by(self, form: str, saying: Saying) -> str:
        return f"{form} {saying.scene.amount} {self.percent}" if saying.scene.amount else ""

    def slot_be(self, form: str, saying: Saying) -> str:
        """``To be`` doing something, agreeing with the subject, or with the object in the form ``object``."""
        phrase = saying.scene.object if form == "object" else saying.scene.subject
        return "está" if phrase.count == 1 else "están" if self.code == "es" else "estão"

    def slot_cop(self, form: str, saying: Saying) -> str:
        """The one of two verbs for ``to be`` that this quality takes."""
        return "está" if saying.scene.action in _PASSING else self.lasting

    def slot_past(self, form: str, saying: Saying) -> str:
        """The past of a change, agreeing in number with the quantity."""
        return saying.verb.forms[saying.subject.forms[0][1] == "p"]

    def participle(self, verb: Entry) -> str:
        """The past participle, by rule unless the entry has it."""
        if len(verb.forms) > 1:
            return verb.forms[1]
        gerund = verb.forms[0]
        for ending, rule in (("ando", "ado"), ("iendo", "ido"), ("yendo", "ído"), ("endo", "ido"), ("indo", "ido")):
            if gerund.endswith(ending):
                return gerund[: -len(ending)] + rule
        raise ValueError(f"not a gerund: {gerund}")
