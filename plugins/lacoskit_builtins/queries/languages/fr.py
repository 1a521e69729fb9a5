"""French: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="fr",
    script="latin",
    title=(
        "{title}",
        "Que faut-il savoir sur {title} ?",
        "informations sur {title}",
        "Où trouver un texte sur {title} ?",
    ),
    entity=(
        "Que dit le texte sur {entity} ?",
        "Que sait-on sur {entity} ?",
        "renseignements sur {entity}",
        "Que faut-il savoir concernant {entity} ?",
    ),
    two_entities=(
        "Quel est le lien entre {entity} et {other} ?",
        "Quel rapport y a-t-il entre {entity} et {other} ?",
        "{entity} et {other}",
    ),
    year=(
        "Que s'est-il passé en {year} concernant {entity} ?",
        "Quel est le lien entre {entity} et l'année {year} ?",
        "{entity} en {year}",
    ),
    gap_name=(
        "Que manque-t-il ici ? {sentence}",
        "Complétez la phrase : {sentence}",
        "Qui ou quoi manque dans cette phrase ? {sentence}",
    ),
    gap_number=(
        "Quel nombre manque ici ? {sentence}",
        "Complétez par un nombre : {sentence}",
    ),
    function_words=words(
        """
        le la les de des du et est en un une que qui dans pour par sur au aux avec il elle ne pas ce cette
        ces son sa ses plus ont été était sont mais ou leur comme d l qu
        """
    ),
    connectors=words(
        """
        de du des de_la d' von van ben
        """
    ),
    not_names=words(
        """
        Je Janvier Février Mars Avril Mai Juin Juillet Août Septembre Octobre Novembre Décembre Lundi Mardi
        Mercredi Jeudi Vendredi Samedi Dimanche
        """
    ),
    abbreviations=words(
        """
        m mm mme mlle dr st ste pr n av apr env p pp vol etc cf j.-c
        """
    ),
    instruction=(
        "Écris en français une question à laquelle le texte suivant répond. N'écris rien d'autre que la question."
    ),
    question="Question :",
)
