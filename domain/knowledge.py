"""Which passages answer a question: ranked full-text search, no model needed."""

import logging
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Protocol

import bm25s  # pyright: ignore[reportMissingTypeStubs]

from integrations.llm.words import content_words, stem, words

# It sets itself to DEBUG and would write a line for each index.
logging.getLogger("bm25s").setLevel(logging.WARNING)

# A title says what a passage is about, so its words count as if it said them three times.
_TITLE_WEIGHT = 3
# The question's rare words that a passage must share to be about it, as a share of all of them...
_NEEDED = 0.3
# ...or less in a long message, which tells a story around its question.
_NEEDED_OF_SEVERAL = 0.12


class Passage(Protocol):
    @property
    def title(self) -> str: ...
    @property
    def body(self) -> str: ...


@dataclass(frozen=True, slots=True)
class Ranked:
    """A passage that fits; a higher score fits better."""

    title: str
    body: str
    score: float


def rank(passages: Sequence[Passage], query: str, limit: int = 4) -> list[Ranked]:
    """The passages that speak about the query, best first; none when it is about something else."""
    wanted = _terms(content_words(query))
    if not passages or not wanted:
        return []
    index = _index(tuple((passage.title, passage.body) for passage in passages))
    ranked = [
        Ranked(passages[number].title, passages[number].body, round(score, 3))
        for number, score in index.search(wanted)
    ]
    return sorted(ranked, key=lambda found: -found.score)[:limit]


class _Index:
    def __init__(self, passages: Sequence[tuple[str, str]]) -> None:
        # An empty passage counts as one empty word: the library divides by the length.
        texts = [
            _terms(words(" ".join([title] * _TITLE_WEIGHT + [body]))) or [""]
            for title, body in passages
        ]
        self._terms = [frozenset(terms) for terms in texts]
        self._titles = [frozenset(_terms(content_words(title))) for title, _ in passages]
        self._holders = Counter(term for terms in self._terms for term in terms)
        self._bm25 = bm25s.BM25()
        self._bm25.index(texts, show_progress=False)  # pyright: ignore[reportUnknownMemberType]

    def search(self, wanted: list[str]) -> list[tuple[int, float]]:
        """The numbers and scores of the passages that speak about these terms."""
        rarity = {term: self._rarity(term) for term in wanted}
        known = [term for term in wanted if term in self._holders]
        if not known:
            return []
        scores = self._bm25.get_scores(known)  # pyright: ignore[reportUnknownMemberType]
        return [
            (number, float(score))
            for number, score in enumerate(scores)
            if self._speaks_about(number, rarity)
        ]

    def _speaks_about(self, number: int, rarity: dict[str, float]) -> bool:
        """Whether the passage is named by its title or shares enough, rare words counting more."""
        title, shared = self._titles[number], rarity.keys() & self._terms[number]
        if title and title <= rarity.keys():
            return True
        # A word of the title counts twice: that is what the passage is about.
        weight = sum(rarity[term] * (2 if term in title else 1) for term in shared)
        share = weight / sum(rarity.values())
        return share >= (_NEEDED_OF_SEVERAL if len(shared) > 1 else _NEEDED)

    def _rarity(self, term: str) -> float:
        """The inverse document frequency, as BM25 counts it.

        A word that no passage holds is no rarer than one that a single passage holds, else the
        chatty words around a question would drown it.
        """
        holders = max(self._holders[term], 1)
        return log(1 + (len(self._terms) - holders + 0.5) / (holders + 0.5))


@lru_cache(maxsize=64)
def _index(passages: tuple[tuple[str, str], ...]) -> _Index:
    """Kept by content, so that a changed passage can never be answered from an old index."""
    return _Index(passages)


def _terms(found: list[str]) -> list[str]:
    return [stem(word) for word in found]
