"""Chinese: phrases that need no agreement with what fills them."""

from __future__ import annotations

from lacoskit_builtins.queries.phrases import Phrases, words

PHRASES = Phrases(
    code="zh",
    script="han",
    title=(
        "{title}",
        "关于{title}，应该了解些什么？",
        "{title}的相关信息",
        "哪里可以读到关于{title}的内容？",
    ),
    entity=(
        "文中是怎么介绍{entity}的？",
        "关于{entity}，我们知道些什么？",
        "哪里可以读到关于{entity}的内容？",
        "有关{entity}的信息",
    ),
    two_entities=(
        "{entity}和{other}之间有什么联系？",
        "{entity}与{other}有什么关系？",
        "{entity}、{other}",
    ),
    year=(
        "{year}年与{entity}有关的事情是什么？",
        "关于{entity}，{year}年有哪些信息？",
    ),
    gap_name=(
        "空格处应该填什么？{sentence}",
        "请填空：{sentence}",
        "这句话里缺了什么？{sentence}",
    ),
    gap_number=(
        "空格处是什么数字？{sentence}",
        "请填上缺少的数字：{sentence}",
    ),
    keywords="terms",
    function_words=words(
        """
        的 了 是 在 和 与 及 等 为 被 把 对 从 以 也 都 就 而 但 并 其 这 那 之 于 他 她 它 们 我
        你 不 很 更 最 又 或 所 着 过 将 由 要 会 可 该 此 每 各 则 还 只 已 曾 吗 呢 说 因 如 若
        且 当 才 再 均 至 跟 有 没 使 让 给 到 向 个 后 时 称
        """
    ),
    instruction="请用中文写一个下面这段文字能够回答的问题。只写问题，不要写别的。",
    question="问题：",
)
