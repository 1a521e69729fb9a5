"""What Chinese, Vietnamese and Indonesian share: words that do not inflect, and classifiers between number and noun."""

from __future__ import annotations

from lacoskit_builtins.grammar.realise import Language, Saying


class Isolating(Language):
    """A language without inflection.

    A quality is what stands beside a noun, what is said of a subject and, where no rule gives it, the denial.
    """

    not_word: str

    def slot_V(self, form: str, saying: Saying) -> str:
        tail = "" if saying.scene.object.noun and self.owns_object(saying) else saying.verb.tail
        verb = saying.verb.forms[-1 if form == "last" else 0]
        return self.gap.join(part for part in (verb, tail) if part)

    def slot_A(self, form: str, saying: Saying) -> str:
        """What is said of the subject of a state; denied in the form ``not``."""
        forms = saying.verb.forms
        said = forms[1] if len(forms) > 1 else forms[0]
        if form == "not":
            return forms[2] if len(forms) > 2 else self.gap.join((self.not_word, said))
        return said
