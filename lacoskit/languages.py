"""Codes of languages: two letters, as files and options have them, and a language with its script, as mteb has them."""

from __future__ import annotations

# ISO 639-1, then ISO 639-3 with the script (ISO 15924) that the language is mostly written in.
_TABLE = """
af:afr-Latn ak:aka-Latn am:amh-Ethi ar:ara-Arab as:asm-Beng az:aze-Latn ba:bak-Cyrl be:bel-Cyrl bg:bul-Cyrl bm:bam-Latn
bn:ben-Beng bo:bod-Tibt br:bre-Latn bs:bos-Latn ca:cat-Latn cs:ces-Latn cv:chv-Cyrl cy:cym-Latn da:dan-Latn de:deu-Latn
dv:div-Thaa ee:ewe-Latn el:ell-Grek en:eng-Latn eo:epo-Latn es:spa-Latn et:est-Latn eu:eus-Latn fa:fas-Arab fi:fin-Latn
fj:fij-Latn fo:fao-Latn fr:fra-Latn fy:fry-Latn ga:gle-Latn gd:gla-Latn gl:glg-Latn gn:grn-Latn gu:guj-Gujr ha:hau-Latn
he:heb-Hebr hi:hin-Deva hr:hrv-Latn ht:hat-Latn hu:hun-Latn hy:hye-Armn ia:ina-Latn id:ind-Latn ig:ibo-Latn is:isl-Latn
it:ita-Latn ja:jpn-Jpan jv:jav-Latn ka:kat-Geor ki:kik-Latn kk:kaz-Cyrl km:khm-Khmr kn:kan-Knda ko:kor-Hang ks:kas-Deva
ky:kir-Cyrl la:lat-Latn lb:ltz-Latn lg:lug-Latn ln:lin-Latn lo:lao-Laoo lt:lit-Latn lv:lav-Latn mg:mlg-Latn mi:mri-Latn
mk:mkd-Cyrl ml:mal-Mlym mn:mon-Cyrl mr:mar-Deva ms:msa-Latn mt:mlt-Latn my:mya-Mymr nb:nob-Latn ne:nep-Deva nl:nld-Latn
nn:nno-Latn no:nor-Latn ny:nya-Latn oc:oci-Latn om:orm-Latn or:ori-Orya pa:pan-Guru pl:pol-Latn ps:pus-Arab pt:por-Latn
qu:que-Latn rn:run-Latn ro:ron-Latn ru:rus-Cyrl rw:kin-Latn sa:san-Deva sd:snd-Arab si:sin-Sinh sk:slk-Latn sl:slv-Latn
sn:sna-Latn so:som-Latn sq:sqi-Latn sr:srp-Cyrl ss:ssw-Latn st:sot-Latn su:sun-Latn sv:swe-Latn sw:swa-Latn ta:tam-Taml
te:tel-Telu tg:tgk-Cyrl th:tha-Thai ti:tir-Ethi tk:tuk-Latn tl:tgl-Latn tn:tsn-Latn tr:tur-Latn ts:tso-Latn tt:tat-Cyrl
tw:twi-Latn ug:uig-Arab uk:ukr-Cyrl ur:urd-Arab uz:uzb-Latn vi:vie-Latn wo:wol-Latn xh:xho-Latn yi:yid-Hebr yo:yor-Latn
zh:zho-Hans zu:zul-Latn
"""
_WITH_SCRIPT: dict[str, str] = dict(pair.split(":") for pair in _TABLE.split())
_SHORT = {long.partition("-")[0]: short for short, long in _WITH_SCRIPT.items()}
# The one of several languages under a common code that data sets mean by it (ISO 639-3's macrolanguages).
_SHORT |= dict(
    pair.split(":")
    for pair in """
als:sq arb:ar azj:az cmn:zh ekk:et gaz:om khk:mn lvs:lv npi:ne ory:or pbt:ps pes:fa plt:mg quy:qu swh:sw uzn:uz ydd:yi
zsm:ms
""".split()
)

UNKNOWN = "und-Zyyy"
"""An undetermined language and script."""


def mteb_code(code: str) -> str:
    """The code in mteb's form: `eng-Latn` for `en`, `eng`, `eng_Latn` and `en-US`; UNKNOWN for one not known."""
    language, rest = _parts(code)
    if len(language) == 3 and len(rest) == 4:
        return f"{language}-{rest.title()}"
    return _WITH_SCRIPT.get(_SHORT.get(language, language), UNKNOWN)


def short_code(code: str) -> str:
    """The language in two letters, where it has them: `en` for `eng-Latn`, `ENG`, `en_US`; else without its script."""
    language, _ = _parts(code)
    return _SHORT.get(language, language)


def _parts(code: str) -> tuple[str, str]:
    """The language in small letters, and what stands behind it: a script or a country."""
    language, _, rest = code.strip().replace("_", "-").partition("-")
    return language.lower(), rest
