"""The fixes that the linter offers, each a draft made of a draft. Pure."""

import re
from collections.abc import Callable
from dataclasses import replace

from domain import template_drafts as drafts
from domain import template_lint as lint
from domain.template_drafts import VARIABLE, Draft, DraftButton
from domain.template_lint import Known, Remedy
from domain.template_parts import LONGEST_BODY, LONGEST_HEADER

_GREETINGS = {"en": "Hello ", "es": "Hola ", "fr": "Bonjour ", "pt": "Olá "}
_CLOSINGS = {"en": ". Thank you.", "es": ". Gracias.", "fr": ". Merci.", "pt": ". Obrigado."}
_SAMPLES = {"en": "Anna", "es": "Lucía", "fr": "Chloé", "pt": "Beatriz"}
_NAMELIKE = re.compile(r"name|nombre|nom|nome")


def mend(draft: Draft, remedy: Remedy, known: Known) -> Draft:
    """The draft with this fix made; the rest stays as it is."""
    if remedy == "next_name":
        return replace(draft, name=lint.free_name(draft, known))
    fix = _FIXES.get(remedy)
    return fix(draft) if fix else draft


def _clean_name(draft: Draft) -> Draft:
    return replace(draft, name=lint.clean_name(draft.name))


def _marketing(draft: Draft) -> Draft:
    return draft if draft.approved else replace(draft, category="MARKETING")


# ---- variables


def _braces(draft: Draft) -> Draft:
    return replace(draft, header=mended_braces(draft.header), body=mended_braces(draft.body))


def mended_braces(text: str) -> str:
    """{1}, {{ 1 }} and {{First Name}} become {{1}} and {{first_name}}; a lone brace goes."""
    closed = re.sub(r"\{+\s*([\w .-]+?)\s*\}+", _written, text)
    parts = re.split(f"({drafts.VARIABLE_WHOLE})", closed)
    parts[::2] = [re.sub(r"\{\{|\}\}", "", part) for part in parts[::2]]
    return "".join(parts)


def _written(found: re.Match[str]) -> str:
    name = lint.clean_name(found[1])
    number = name if name.isdigit() else re.sub(r"^[\d_]+", "", name)
    return f"{{{{{number}}}}}" if number else found[1]


def _renumber(draft: Draft) -> Draft:
    """Numbers in the order of the text; each example moves along with its variable."""
    header, from_header = _numbered("header", draft.header, draft.examples)
    body, from_body = _numbered("body", draft.body, draft.examples)
    return replace(draft, header=header, body=body, examples=from_header | from_body)


def _numbered(place: str, text: str, examples: dict[str, str]) -> tuple[str, dict[str, str]]:
    numbers = {name: str(index) for index, name in enumerate(drafts.names_in(text), 1)}
    moved = {f"{place}.{new}": examples.get(f"{place}.{old}", "") for old, new in numbers.items()}
    return VARIABLE.sub(lambda found: f"{{{{{numbers[found[1]]}}}}}", text), moved


def _lead_in(draft: Draft) -> Draft:
    return replace(draft, body=_spoken(_GREETINGS, draft) + draft.body.lstrip())


def _closing(draft: Draft) -> Draft:
    return replace(draft, body=draft.body.rstrip() + _spoken(_CLOSINGS, draft))


def _separate(draft: Draft) -> Draft:
    return replace(draft, body=re.sub(r"\}\}\s*(?=\{\{)", "}}, ", draft.body))


def _sample(draft: Draft) -> Draft:
    """An example where there is none: a name for the first variable, a number for the others."""
    filled = dict(draft.examples)
    for slot in drafts.slots(draft):
        name = slot.key.partition(".")[2]
        if not slot.example.strip():
            namelike = name == "1" or _NAMELIKE.search(name)
            filled[slot.key] = _spoken(_SAMPLES, draft) if namelike else "4471"
    return replace(draft, examples=filled)


def _spoken(words: dict[str, str], draft: Draft) -> str:
    return words.get(draft.language[:2], words["en"])


# ---- length and plainness


def _cut_body(draft: Draft) -> Draft:
    """At the end of a word; neither inside a variable nor behind one."""
    if len(draft.body) <= LONGEST_BODY:
        return draft
    kept = draft.body[: LONGEST_BODY + 1]
    kept = kept[: max(kept.rfind(" "), kept.rfind("\n"))] if " " in kept else kept[:LONGEST_BODY]
    return replace(draft, body=re.sub(r"(\s*\{\{[^}]*\}{0,2})+\s*$", "", kept).rstrip())


def _plain_header(draft: Draft) -> Draft:
    return replace(draft, header=_one_line(draft.header)[:LONGEST_HEADER])


def _plain_footer(draft: Draft) -> Draft:
    text = re.sub(r"\{\{[^{}]*\}\}|\{\{|\}\}", "", draft.footer)
    return replace(draft, footer=_one_line(text)[: drafts.LONGEST_FOOTER])


def _one_line(text: str) -> str:
    return re.sub(r" {2,}", " ", lint.plain(text)).strip()


# ---- buttons


def _each_button(change: Callable[[DraftButton], DraftButton]) -> Callable[[Draft], Draft]:
    return lambda draft: replace(draft, buttons=[change(each) for each in draft.buttons])


def _plain_label(button: DraftButton) -> DraftButton:
    text = _one_line(re.sub(r"\{\{[^{}]*\}\}|\{\{|\}\}", "", button.text))
    return replace(button, text=text[: drafts.LONGEST_LABEL])


def _https(button: DraftButton) -> DraftButton:
    needs = button.kind == "link" and "://" not in button.target
    return replace(button, target=f"https://{button.target}") if needs else button


def _link_end(button: DraftButton) -> DraftButton:
    if button.kind != "link" or not drafts.names_in(button.target):
        return button
    return replace(button, target=VARIABLE.sub("", button.target) + "{{1}}")


def _plain_phone(button: DraftButton) -> DraftButton:
    is_phone = button.kind == "phone"
    return replace(button, target=lint.clean_phone(button.target)) if is_phone else button


_FIXES: dict[Remedy, Callable[[Draft], Draft]] = {
    "clean_name": _clean_name,
    "marketing": _marketing,
    "braces": _braces,
    "renumber": _renumber,
    "lead_in": _lead_in,
    "closing": _closing,
    "separate": _separate,
    "cut_body": _cut_body,
    "sample": _sample,
    "plain_header": _plain_header,
    "plain_footer": _plain_footer,
    "plain_labels": _each_button(_plain_label),
    "https": _each_button(_https),
    "link_end": _each_button(_link_end),
    "plain_phones": _each_button(_plain_phone),
}
