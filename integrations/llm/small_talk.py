"""Greetings, thanks and "are you a bot?", said alone, in the languages we know."""

import re

from integrations.llm.phrases import Phrase
from integrations.llm.words import words

_GREETINGS = {
    "en": "hi hello hey hiya yo greetings good morning afternoon evening day there",
    "es": "hola buenas buenos dias tardes noches que tal",
    "fr": "bonjour bonsoir salut coucou",
    "pt": "ola oi bom boa dia tarde noite tudo bem",
    "de": "hallo guten gruss gott moin servus tag abend morgen",
    "it": "ciao buongiorno buonasera salve buon giorno buona sera",
    "pl": "czesc witam hej siema dzien dobry wieczor",
}
_THANKS = {
    "en": "thanks thank you thx ty cheers so very much a lot many great perfect ok okay cool"
    " awesome got it nice super for your the help bye goodbye",
    "es": "gracias muchas mil perfecto vale genial muy amable ok adios por la tu su ayuda",
    "fr": "merci beaucoup parfait d accord super bien mille ok au revoir pour votre aide",
    "pt": "obrigado obrigada muito perfeito valeu brigado ok otimo pela ajuda tchau",
    "de": "danke vielen dank schon sehr super perfekt bestens alles klar ok fur die hilfe tschuss",
    "it": "grazie mille tante perfetto va bene ok ottimo molto gentile per l aiuto",
    "pl": "dziekuje dzieki wielkie bardzo super swietnie ok za pomoc pozdrawiam",
}
# One of these must be there: "good day" greets, "day" alone does not.
_GREETS_TEXT = """
hi hello hey hiya yo greetings good hola buenas buenos bonjour bonsoir salut coucou ola oi bom
boa hallo guten moin servus gruss ciao buongiorno buonasera salve buon buona czesc witam hej
siema dzien
"""
_THANKED_TEXT = """
thanks thank thx ty cheers great perfect ok okay cool awesome bye goodbye gracias perfecto vale
genial adios merci parfait super obrigado obrigada perfeito valeu brigado otimo danke dank
perfekt bestens tschuss grazie perfetto ottimo dziekuje dzieki swietnie
"""
_GREETS, _THANKED = frozenset(_GREETS_TEXT.split()), frozenset(_THANKED_TEXT.split())
_WHO = re.compile(
    r"\b(?:are you|am i (?:talking|speaking|chatting) (?:to|with)|is this) (?:a |an )?"
    r"(?:real )?(?:(?:ro|chat)?bot|human|person|ai|machine|real|automated)"
    r"(?: (?:person|human|being|bot|or .*))?$"
    r"|^(?:eres|es usted) (?:un |una )?(?:ro|chat)?(?:bot|persona|humano)"
    r"|^(?:es tu|etes vous|tu es|vous etes) (?:un |une )?(?:ro|chat)?(?:bot|humain|personne)"
    r"|^(?:voce e|es) (?:um |uma )?(?:robo|bot|humano|pessoa)"
    r"|^(?:bist du|sind sie) (?:ein |eine )?(?:ro|chat)?(?:bot|mensch|boter|maschine|ki)"
    r"|^sei (?:un |una )?(?:ro|chat)?(?:bot|umano|persona)"
    r"|^(?:czy )?(?:jestes|to) (?:bot|botem|robotem|czlowiekiem)"
)


def small_talk(text: str, spoken: str) -> tuple[Phrase, str] | None:
    """The phrase and its language; None when the text says more than small talk.

    `spoken` is the conversation's language, for texts that do not tell theirs.
    """
    said = words(text)
    if _WHO.search(" ".join(said)):
        return Phrase.WHO, spoken
    if text.strip() and _is_wordless(text):
        return Phrase.GREETING, spoken
    for wanted, listed, core in (
        (Phrase.GREETING, _GREETINGS, _GREETS),
        (Phrase.THANKS, _THANKS, _THANKED),
    ):
        if language := _only(said, listed, core):
            return wanted, language
    return None


def _is_wordless(text: str) -> bool:
    """Emoji, signs and at most one letter."""
    characters = [char for char in text if char.isalnum()]
    return len(characters) <= 1 and not any(char.isdigit() for char in characters)


def _only(said: list[str], listed: dict[str, str], core: frozenset[str]) -> str | None:
    if core.isdisjoint(said):
        return None
    fits = (code for code, vocabulary in listed.items() if set(said) <= set(vocabulary.split()))
    return next(fits, None)
