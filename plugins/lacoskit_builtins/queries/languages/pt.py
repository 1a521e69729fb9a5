"""Portuguese: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="pt",
    script="latin",
    title=(
        "{title}",
        "O que é preciso saber sobre {title}?",
        "informações sobre {title}",
        "Onde posso ler sobre {title}?",
    ),
    entity=(
        "O que diz o texto sobre {entity}?",
        "O que se sabe sobre {entity}?",
        "dados sobre {entity}",
        "Onde se fala sobre {entity}?",
    ),
    two_entities=(
        "Que relação existe entre {entity} e {other}?",
        "O que há em comum entre {entity} e {other}?",
        "{entity} e {other}",
    ),
    year=(
        "O que aconteceu em {year} com {entity}?",
        "O que se sabe sobre {entity} em {year}?",
        "{entity} em {year}",
    ),
    gap_name=(
        "O que falta aqui? {sentence}",
        "Complete a frase: {sentence}",
        "Quem ou o que falta nesta frase? {sentence}",
    ),
    gap_number=(
        "Que número falta aqui? {sentence}",
        "Complete a frase com um número: {sentence}",
    ),
    function_words=words(
        """
        o a os as de do da dos das e em no na nos nas um uma que é se por com para seu sua ao à como mais
        mas ou foi era são não também entre quando pelo pela até muito
        """
    ),
    connectors=words(
        """
        de do da dos das von van bin
        """
    ),
    not_names=words(
        """
        Janeiro Fevereiro Março Abril Maio Junho Julho Agosto Setembro Outubro Novembro Dezembro Segunda
        Terça Quarta Quinta Sexta Sábado Domingo
        """
    ),
    abbreviations=words(
        """
        sr sra srta dr dra st sta prof profa núm pág págs vol etc p pp a.c d.c aprox av
        """
    ),
    instruction="Escreva em português uma pergunta que o texto seguinte responde. Não escreva nada além da pergunta.",
    question="Pergunta:",
)
