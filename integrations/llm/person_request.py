"""Whether somebody asks for a person, in any wording of the languages we know."""

import re
from dataclasses import dataclass
from functools import cache

from integrations.llm.person_wordings import WORDINGS, Wording
from integrations.llm.words import fold, language

_END = re.compile(r"[.!?;:,\n…¿¡。！？،]+|[^\w\s'’‘`´.-]+")
_APOSTROPHES = re.compile("['’‘`´]")


def asks_for_person(text: str) -> str | None:
    """The language in which the text asks for a person, or None when it does not ask."""
    sentences = _sentences(text)
    asking = [
        code
        for code, patterns in _patterns().items()
        if any(patterns.ask(sentence) for sentence in sentences)
    ]
    if len(asking) < 2:
        return next(iter(asking), None)
    # "No quiero un robot" is English enough for the English patterns.
    likely = language(text)
    return likely if likely in asking else asking[0]


def _sentences(text: str) -> list[str]:
    """Folded clauses, each once, one space between words: no wording reaches over a comma."""
    parts = _END.split(_APOSTROPHES.sub("", fold(text)))
    clauses = (re.sub(r"[\W_]+", " ", part).strip() for part in parts)
    return list(dict.fromkeys(filter(None, clauses)))


@dataclass(frozen=True, slots=True)
class _Patterns:
    request: re.Pattern[str]
    refusal: re.Pattern[str]
    no_bot: re.Pattern[str]

    def ask(self, sentence: str) -> bool:
        return bool(self.no_bot.search(sentence)) or any(
            not self.refusal.search(sentence[: found.start()])
            for found in self.request.finditer(sentence)
        )


@cache
def _patterns() -> dict[str, _Patterns]:
    return {
        code: _Patterns(_request(wording), _refusal(wording), _no_bot(wording))
        for code, wording in WORDINGS.items()
    }


def _request(wording: Wording) -> re.Pattern[str]:
    after = rf"\b(?! (?:{wording.not_after})\b)"
    filler = rf"(?: (?:{wording.link}|{wording.polite}))*"
    anyone = f"{wording.person}|{wording.someone}"
    ways = (
        rf"(?:{wording.talk})(?: (?!for )\w+){{0,5}}? (?:{anyone}){after}",
        rf"(?:{wording.want}){filler} (?:{wording.person}){after}",
        rf"^(?:(?:{wording.polite}|{wording.link}) )*(?:{wording.person}){filler}$",
        *wording.also,
    )
    return re.compile("|".join(rf"\b(?:{way})" for way in ways))


def _refusal(wording: Wording) -> re.Pattern[str]:
    """ "I don't want to" right before the request turns it around."""
    return re.compile(
        rf"\b(?:{wording.refuse})(?: (?:{wording.want}|{wording.talk}|{wording.link}))*\s*$"
    )


def _no_bot(wording: Wording) -> re.Pattern[str]:
    """ "I don't want to talk to a bot"; "I am not a robot" says something else."""
    return re.compile(
        rf"(?<!\bim )(?<!\bam )\b(?:{wording.against})(?: \w+){{0,5}}? (?:{wording.bot})"
        rf"(?: (?:{wording.polite}))*$"
    )
