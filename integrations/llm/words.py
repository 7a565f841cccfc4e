"""Words of any language in a form that can be compared, and a guess at which language it is."""

import re
import unicodedata
from functools import cache
from itertools import chain

from bm25s import stopwords  # pyright: ignore[reportMissingTypeStubs]

DEFAULT_LANGUAGE = "en"

# Letters that Unicode does not take apart into a base letter and an accent.
_NOT_ACCENTS = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "ı": "i", "æ": "ae", "œ": "oe"})
_APOSTROPHES = re.compile("['’‘`´]")
_WORD = re.compile(r"[^\W_]+")
# Scripts written without spaces between words.
_UNSPACED = re.compile("[\u0e00-\u0eff\u1780-\u17ff\u3040-\u30ff\u3400-\u9fff]+")

_POLISH = """
a aby ale bardzo bez bo by byc byl byla bylo byly byc chce ci cie co czy dla do dzis gdy gdzie
go i ich ile im ja jak jaka jaki jakie jako je jego jej jest jestem jeszcze juz ktora ktore
ktory kiedy ma macie mam masz mi mnie moge mozna moj moja moje moze mozecie moim na nad nam nas
nie niz no o od oraz po pod prosze przed przez przy sa sie skad ta tak tam te tego tej ten to
tu ty tylko u w was wasz wasza wasze wy z za ze
"""
_MORE = {
    "en": """would could please want like know tell get got need much many let us im ive id dont
    cant its thats hi hello hey whats also give there may shall might long take takes""",
    "es": "hola cuales cuanto cuanta cuantos puedo puede puedes quiero quisiera favor cuesta",
    "fr": "bonjour quel quelle quels quelles est-ce comment combien puis peux pouvez veux voudrais",
    "de": "hallo gibt bitte wann wer wieviel mochte konnen konnte",
    "pt": "ola posso pode quero gostaria favor onde quanto quanta",
    "it": "ciao posso puo vorrei quando favore avete",
    "pl": "czesc witam prosze dzien dobry chcialbym chcialabym",
}
_LISTS: dict[str, tuple[str, ...]] = {
    "en": stopwords.STOPWORDS_EN_PLUS,
    "es": stopwords.STOPWORDS_SPANISH,  # pyright: ignore[reportUnknownMemberType]
    "fr": stopwords.STOPWORDS_FRENCH,
    "de": stopwords.STOPWORDS_GERMAN,
    "pt": stopwords.STOPWORDS_PORTUGUESE,
    "it": stopwords.STOPWORDS_ITALIAN,  # pyright: ignore[reportUnknownMemberType]
    "pl": tuple(_POLISH.split()),
}


def fold(text: str) -> str:
    """The text in lower case without accents; width and ligatures made plain."""
    if text.isascii():
        return text.lower()
    parts = unicodedata.normalize("NFKD", text.casefold().translate(_NOT_ACCENTS))
    return "".join(part for part in parts if not unicodedata.combining(part))


def words(text: str) -> list[str]:
    """The folded words in order; text without spaces becomes overlapping pairs of characters."""
    folded = fold(text)
    found: list[str] = _WORD.findall(_APOSTROPHES.sub("", folded))
    if not _UNSPACED.search(folded):
        return found
    parts = (_pairs(word) if _UNSPACED.fullmatch(word) else [word] for word in found)
    return list(chain.from_iterable(parts))


def _pairs(word: str) -> list[str]:
    return [word[i : i + 2] for i in range(len(word) - 1)] or [word]


def content_words(text: str) -> list[str]:
    """The words that carry the meaning: those that are common in its language are left out."""
    common = _common_words()[language(text)]
    return [word for word in words(text) if word not in common and not _is_letter(word)]


def _is_letter(word: str) -> bool:
    """A Latin letter alone; a single Chinese character is a word."""
    return len(word) == 1 and word.isascii() and word.isalpha()


def stem(word: str) -> str:
    """The word without a plural s and without its end: inflected forms meet in most languages.

    Cutting words to five letters is language-neutral and needs no dictionary.
    """
    return (word.removesuffix("s") if len(word) > 3 else word)[:5]


def language(text: str, default: str = DEFAULT_LANGUAGE) -> str:
    """The language whose everyday words occur most, as a two-letter code, else `default`."""
    # One letter is a word in too many languages to tell them apart.
    found = {word for word in words(text) if len(word) > 1}
    hits = {code: len(found & common) for code, common in _common_words().items()}
    best = max(hits, key=lambda code: (hits[code], code == default))
    return best if hits[best] else default


@cache
def _common_words() -> dict[str, frozenset[str]]:
    return {
        code: frozenset(words(" ".join((*listed, _MORE[code])))) for code, listed in _LISTS.items()
    }
