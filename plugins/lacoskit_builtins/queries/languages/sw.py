"""Swahili: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="sw",
    script="latin",
    title=(
        "{title}",
        "Ninapaswa kujua nini kuhusu {title}?",
        "habari kuhusu {title}",
        "Ninaweza kusoma wapi kuhusu {title}?",
    ),
    entity=(
        "Maandishi yanasema nini kuhusu {entity}?",
        "Tunajua nini kuhusu {entity}?",
        "maelezo kuhusu {entity}",
        "Ninaweza kusoma wapi kuhusu {entity}?",
    ),
    two_entities=(
        "Kuna uhusiano gani kati ya {entity} na {other}?",
        "Tunajua nini kuhusu {entity} na {other}?",
        "{entity} na {other}",
    ),
    year=(
        "Kulitokea nini mwaka {year} kuhusu {entity}?",
        "Tunajua nini kuhusu {entity} mwaka {year}?",
        "{entity} mwaka {year}",
    ),
    gap_name=(
        "Ni nini kinachokosekana hapa? {sentence}",
        "Jaza nafasi iliyo wazi: {sentence}",
        "Ni nani au nini kinachokosekana katika sentensi hii? {sentence}",
    ),
    gap_number=(
        "Ni namba gani inayokosekana hapa? {sentence}",
        "Jaza namba inayokosekana: {sentence}",
    ),
    function_words=words(
        """
        na ya wa kwa ni katika la za cha kama hii hiyo pia huo huu yake wake kutoka kuwa au lakini ambayo
        ambao hadi baada kila watu mwaka alikuwa ilikuwa kabla zaidi sana vya mwa hilo hicho ndani bila tu
        yao wao sasa kwamba wakati alizaliwa
        """
    ),
    connectors=words(
        """
        ya wa la za cha bin es al ibn
        """
    ),
    not_names=words(
        """
        Januari Februari Machi Aprili Mei Juni Julai Agosti Septemba Oktoba Novemba Desemba Jumatatu Jumanne
        Jumatano Alhamisi Ijumaa Jumamosi Jumapili Mimi Yeye
        """
    ),
    abbreviations=words(
        """
        dkt bw bi mt st prof k.m n.k
        """
    ),
    instruction="Andika kwa Kiswahili swali moja linalojibiwa na maandishi yafuatayo. Andika swali tu.",
    question="Swali:",
)
