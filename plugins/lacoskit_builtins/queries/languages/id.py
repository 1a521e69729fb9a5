"""Indonesian: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="id",
    script="latin",
    title=(
        "{title}",
        "Apa yang perlu diketahui tentang {title}?",
        "informasi tentang {title}",
        "Di mana saya bisa membaca tentang {title}?",
    ),
    entity=(
        "Apa yang dikatakan teks tentang {entity}?",
        "Apa yang diketahui tentang {entity}?",
        "informasi mengenai {entity}",
        "Di mana saya bisa membaca tentang {entity}?",
    ),
    two_entities=(
        "Apa hubungan antara {entity} dan {other}?",
        "Apa kaitan {entity} dengan {other}?",
        "{entity} dan {other}",
    ),
    year=(
        "Apa yang terjadi pada tahun {year} terkait {entity}?",
        "Apa yang diketahui tentang {entity} pada tahun {year}?",
        "{entity} pada tahun {year}",
    ),
    gap_name=(
        "Apa yang hilang di sini? {sentence}",
        "Isilah bagian yang kosong: {sentence}",
        "Siapa atau apa yang hilang dalam kalimat ini? {sentence}",
    ),
    gap_number=(
        "Angka berapa yang hilang di sini? {sentence}",
        "Isilah dengan angka yang tepat: {sentence}",
    ),
    function_words=words(
        """
        yang dan di dari dengan untuk pada dalam ini itu adalah tidak oleh sebagai ke juga atau akan karena
        telah ia dapat bahwa tersebut menjadi ada lebih mereka saat secara sebuah seorang para antara kepada
        seperti setelah hingga bagi namun
        """
    ),
    connectors=words(
        """
        bin binti al de van von
        """
    ),
    not_names=words(
        """
        Januari Februari Maret April Mei Juni Juli Agustus September Oktober November Desember Senin Selasa
        Rabu Kamis Jumat Sabtu Minggu Saya Anda
        """
    ),
    abbreviations=words(
        """
        mr mrs dr drs ir h hj st no hlm prof tn ny jl kab prov dll dsb
        """
    ),
    instruction=(
        "Tulislah satu pertanyaan dalam bahasa Indonesia yang dijawab oleh teks berikut. Tulis pertanyaannya saja."
    ),
    question="Pertanyaan:",
)
