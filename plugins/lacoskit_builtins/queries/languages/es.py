"""Spanish: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="es",
    script="latin",
    title=(
        "{title}",
        "¿Qué hay que saber sobre {title}?",
        "información sobre {title}",
        "¿Dónde puedo leer sobre {title}?",
    ),
    entity=(
        "¿Qué dice el texto sobre {entity}?",
        "¿Qué se sabe sobre {entity}?",
        "datos sobre {entity}",
        "¿Dónde se habla sobre {entity}?",
    ),
    two_entities=(
        "¿Cuál es la conexión de {entity} con {other}?",
        "¿Qué se dice sobre {entity} en relación con {other}?",
        "{entity} en relación con {other}",
    ),
    year=(
        "¿Qué pasó en {year} con {entity}?",
        "¿Qué se sabe sobre {entity} en {year}?",
        "{entity} en {year}",
    ),
    gap_name=(
        "¿Qué falta aquí? {sentence}",
        "Completa la frase: {sentence}",
        "¿Quién o qué falta en esta frase? {sentence}",
    ),
    gap_number=(
        "¿Qué número falta aquí? {sentence}",
        "Completa la frase con un número: {sentence}",
    ),
    function_words=words(
        """
        el la los las de del y en que un una es se por con para su sus al lo como más pero o fue era son ha
        este esta también entre cuando muy sin sobre desde hasta
        """
    ),
    connectors=words(
        """
        de del de_la de_las de_los von van bin
        """
    ),
    not_names=words(
        """
        Enero Febrero Marzo Abril Mayo Junio Julio Agosto Septiembre Octubre Noviembre Diciembre Lunes
        Martes Miércoles Jueves Viernes Sábado Domingo
        """
    ),
    abbreviations=words(
        """
        sr sra srta dr dra ud uds st sta prof núm pág págs vol etc p pp a.c d.c ee.uu aprox
        """
    ),
    instruction=(
        "Escribe en español una pregunta que el texto siguiente responda. No escribas nada más que la pregunta."
    ),
    question="Pregunta:",
)
