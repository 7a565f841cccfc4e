"""The built-in assistant: no key, no network. It quotes the passages, or says that it cannot."""

import re

from integrations.llm.person_request import asks_for_person
from integrations.llm.phrases import Phrase, phrase
from integrations.llm.question import Answer, HandOverCode, Passage, Question
from integrations.llm.small_talk import small_talk
from integrations.llm.words import content_words, stem

SHORT = 320  # characters: a passage up to this length is a chat message as it stands
_MOST_SENTENCES = 3
_MOST_PASSAGES = 2
_SENTENCE = re.compile(r"(?<=[.!?…])\s+|(?<=[。！？])|\n+")


def answer(question: Question) -> Answer:
    """Small talk, the passages' best sentences, or an honest hand-over."""
    burst = question.burst
    text = "\n".join(turn.text for turn in burst if turn.text.strip())
    if asking := asks_for_person(text):
        return _hand_over(Phrase.PERSON, asking, HandOverCode.ASKED_FOR_PERSON)
    if chat := small_talk(text, question.language):
        return Answer(phrase(*chat), None, "small talk")
    if found := _from_passages(text, question):
        return Answer(found, None, "from the knowledge passages")
    wanted = Phrase.ATTACHMENT if any(turn.attachment for turn in burst) else Phrase.NO_ANSWER
    return _hand_over(wanted, question.language, HandOverCode.NO_ANSWER)


def _hand_over(wanted: Phrase, language: str, code: HandOverCode) -> Answer:
    reasons = {
        Phrase.PERSON: "the customer asked for a person",
        Phrase.ATTACHMENT: "only text can be read offline",
    }
    return Answer(
        phrase(wanted, language), code, reasons.get(wanted, "no passage answers the question")
    )


def _from_passages(text: str, question: Question) -> str:
    """The best passage, and a second one if it speaks about words the first left open."""
    open_words = {stem(word) for word in content_words(text)}
    parts: list[str] = []
    for passage in question.passages:
        known = _stems(f"{passage.title} {passage.body}")
        if len(parts) < _MOST_PASSAGES and open_words & known:
            parts.append(_excerpt(passage, open_words))
            open_words -= known
    return _within("\n\n".join(parts), question.max_length)


def _excerpt(passage: Passage, wanted: set[str]) -> str:
    """The whole body if it is short, else the sentences that share most words with the question."""
    body = passage.body.strip()
    if len(body) <= SHORT:
        return body
    sentences = [sentence for sentence in _SENTENCE.split(body) if sentence.strip()]
    shared = [len(_stems(sentence) & wanted) for sentence in sentences]
    ranked = sorted(range(len(sentences)), key=lambda i: (-shared[i], i))
    best = [i for i in ranked if shared[i]][: _MOST_SENTENCES - 1] or [0]
    # The sentence after the best one mostly goes on about the same thing.
    chosen = sorted({*best, best[0] + 1} & set(range(len(sentences))))
    return " ".join(sentences[i].strip() for i in chosen)


def _stems(text: str) -> set[str]:
    return {stem(word) for word in content_words(text)}


def _within(text: str, limit: int) -> str:
    if len(text) <= limit:
        return text
    cut = text[:limit]
    end = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "\n"))
    return cut[: end + 1].strip() if end > 0 else cut
