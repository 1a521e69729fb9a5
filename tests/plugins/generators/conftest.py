"""Documents in ten languages: each with a name, a year, a number and something between quotation marks."""

from __future__ import annotations

import pytest

from lacoskit import Document

PARAGRAPHS = {
    "en": (
        "The library of Port Ellen was founded in 1912 by Martha Quill, who gave it 340 books. After the great "
        "flood of 1931 the town moved it to the hill near Saint Anne. Today the readers of Port Ellen know it for "
        "the novel “The Salt Road”, which was written there."
    ),
    "fr": (
        "La bibliothèque de Belmont a été fondée en 1912 par Marthe Quillet, qui lui a donné 340 livres. Après la "
        "grande inondation de 1931, la ville l'a déplacée sur la colline près de Sainte-Anne. Aujourd'hui, les "
        "lecteurs de Belmont la connaissent pour le roman « La Route du Sel », qui y a été écrit."
    ),
    "es": (
        "La biblioteca de Puerto Alto fue fundada en 1912 por Marta Quiroga, que le dio 340 libros. Después de la "
        "gran inundación de 1931, la ciudad la llevó a la colina cerca de Santa Ana. Hoy los lectores de Puerto "
        "Alto la conocen por la novela «El Camino de Sal», que se escribió allí."
    ),
    "pt": (
        "A biblioteca de Porto Belo foi fundada em 1912 por Marta Queirós, que lhe deu 340 livros. Depois da "
        "grande cheia de 1931, a cidade levou a biblioteca para a colina perto de Santa Ana. Hoje os leitores de "
        "Porto Belo não a conhecem senão pelo romance «O Caminho do Sal», que foi escrito ali."
    ),
    "zh": (
        "海岩镇图书馆成立于1912年，创办人是玛莎·奎尔，她捐出了340本书。1931年洪水之后，"
        "海岩镇把图书馆迁到了山上。现在，读者都知道海岩镇图书馆，因为小说《盐之路》是在那里写成的。"
    ),
    "ar": (
        "تأسست مكتبة الميناء القديم في عام 1912 على يد مارتا، التي قدمت لها 340 كتابا. بعد الفيضان الكبير في عام "
        "1931 نقلت المدينة المكتبة إلى التل القريب من القلعة. يعرف القراء هذه المكتبة من خلال رواية «طريق الملح» "
        "التي كتبت هناك، وهي من أشهر الروايات في المدينة. زار الفيضان الكبير الميناء القديم مرة أخرى."
    ),
    "hi": (
        "समुद्रपुर पुस्तकालय की स्थापना 1912 में मार्था क्विल ने की थी, जिन्होंने 340 किताबें दीं। 1931 की भयंकर "
        "बाढ़ के बाद समुद्रपुर ने पुस्तकालय को पहाड़ी पर पहुँचाया। आज पाठक इस पुस्तकालय को “नमक का रास्ता” उपन्यास"
        " के कारण जानते हैं, जो वहीं लिखा गया था।"
    ),
    "vi": (
        "Thư viện Cảng Xanh được bà Martha Quill thành lập vào năm 1912 với 340 cuốn sách. Sau trận lụt lớn của "
        "năm 1931, thành phố đã chuyển thư viện lên ngọn đồi gần Sông Mây. Ngày nay độc giả của Cảng Xanh biết đến"
        " nó nhờ cuốn tiểu thuyết “Con Đường Muối”, được viết tại đó."
    ),
    "id": (
        "Perpustakaan di Pelabuhan Hijau didirikan pada tahun 1912 oleh Marta Kusuma, yang memberikan 340 buku. "
        "Setelah banjir besar pada tahun 1931, kota itu memindahkannya ke bukit di dekat Santa Ana. Kini para "
        "pembaca di Pelabuhan Hijau mengenalnya dari novel “Jalan Garam”, yang ditulis di sana."
    ),
    "sw": (
        "Maktaba ya mji wa Bandari Kuu ilianzishwa mwaka 1912 na Martha Kweli, ambaye alitoa vitabu 340. Baada ya "
        "mafuriko makubwa ya mwaka 1931, mji ulihamisha maktaba hiyo kwenye kilima karibu na Mtakatifu Ana. Leo "
        "wasomaji wa Bandari Kuu wanaijua kwa riwaya ya “Njia ya Chumvi”, ambayo iliandikwa huko."
    ),
}

TITLES = {
    "en": "Public library", "fr": "Bibliothèque publique", "es": "Biblioteca pública", "pt": "Biblioteca municipal",
    "zh": "公共图书馆", "ar": "المكتبة العامة", "hi": "सार्वजनिक पुस्तकालय", "vi": "Thư viện công cộng",
    "id": "Perpustakaan umum", "sw": "Maktaba ya umma",
}  # fmt: skip


@pytest.fixture(scope="session")
def documents() -> list[Document]:
    """A document in each language, and one in a language that there are no phrases for."""
    known = [Document(id=code, text=text, title=TITLES[code]) for code, text in PARAGRAPHS.items()]
    first = "Die Bücherei von Hafenstadt wurde im Jahr 1912 von Martha Kiel gegründet."
    german = f"{first} Nach dem Hochwasser zog sie auf den Berg."
    return [*known, Document(id="de", text=german, title="Bücherei")]
