"""English: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="en",
    script="latin",
    title=(
        "{title}",
        "What should I know about {title}?",
        "information about {title}",
        "Where can I read about {title}?",
    ),
    entity=(
        "What does the text say about {entity}?",
        "What is known about {entity}?",
        "facts about {entity}",
        "Where can I read about {entity}?",
    ),
    two_entities=(
        "What is the connection between {entity} and {other}?",
        "What is known about {entity} and {other}?",
        "{entity} and {other}",
    ),
    year=(
        "What does the year {year} have to do with {entity}?",
        "What is known about {entity} in {year}?",
        "{entity} in {year}",
    ),
    gap_name=(
        "What is missing here? {sentence}",
        "Fill in the gap: {sentence}",
        "Who or what belongs in the gap? {sentence}",
    ),
    gap_number=(
        "Which number is missing here? {sentence}",
        "Fill in the missing number: {sentence}",
    ),
    function_words=words(
        """
        the of and to in is was for that with as on by are from at his an were which be this or had its not
        have also it he but they their has been who after when
        """
    ),
    connectors=words(
        """
        of of_the de van von du la le al bin ibn el der den
        """
    ),
    not_names=words(
        """
        January February March April May June July August September October November December Monday Tuesday
        Wednesday Thursday Friday Saturday Sunday I English American British French German Dutch Greek Roman
        Spanish Irish Welsh Scottish Swiss Chinese Japanese Western Eastern Northern Southern Catholic
        Christian Muslim Jewish Islamic Protestant
        """
    ),
    abbreviations=words(
        """
        mr mrs ms dr st prof no vs etc jr sr gen col lt sgt capt rev hon inc ltd co corp u.s u.k e.g i.e c
        ca approx est fig vol pp p ch ed jan feb mar apr jun jul aug sep sept oct nov dec
        """
    ),
    instruction="Write one question in English that the following text answers. Write nothing but the question.",
    question="Question:",
)
