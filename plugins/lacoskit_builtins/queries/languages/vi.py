"""Vietnamese: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="vi",
    script="latin",
    title=(
        "{title}",
        "Cần biết gì về {title}?",
        "thông tin về {title}",
        "Có thể đọc về {title} ở đâu?",
    ),
    entity=(
        "Văn bản nói gì về {entity}?",
        "Người ta biết gì về {entity}?",
        "thông tin về {entity}",
        "Có thể đọc về {entity} ở đâu?",
    ),
    two_entities=(
        "{entity} và {other} có liên quan gì với nhau?",
        "Mối liên hệ giữa {entity} và {other} là gì?",
        "{entity} và {other}",
    ),
    year=(
        "Chuyện gì đã xảy ra vào năm {year} liên quan đến {entity}?",
        "Người ta biết gì về {entity} vào năm {year}?",
        "{entity} năm {year}",
    ),
    gap_name=(
        "Ở đây còn thiếu gì? {sentence}",
        "Điền vào chỗ trống: {sentence}",
        "Ai hoặc điều gì còn thiếu trong câu này? {sentence}",
    ),
    gap_number=(
        "Con số nào còn thiếu ở đây? {sentence}",
        "Điền con số còn thiếu: {sentence}",
    ),
    keywords="terms",
    function_words=words(
        """
        và của là các trong có được cho với một những không này người đã từ đến khi để ông như tại về vào
        cũng ra năm theo trên bị nhiều sau do ở hơn thì đó nhưng hai sự việc
        """
    ),
    not_names=words(
        """
        Tháng Năm Ngày Ông Bà Cô Anh Chị Thứ Hai Ba Tư Nó Họ Tôi
        """
    ),
    abbreviations=words(
        """
        tp ths ts pgs gs bs st v.v
        """
    ),
    instruction="Hãy viết bằng tiếng Việt một câu hỏi mà đoạn văn sau đây trả lời. Chỉ viết câu hỏi.",
    question="Câu hỏi:",
)
