"""The tabs below the messages and what they hold (assets/js/composer.jsx)."""

from typing import Any

import reflex as rx
from reflex_components_core.core.banner import has_connection_errors

from pages.inbox.composer_styles import BOX
from state.note import LONGEST as LONGEST_NOTE
from state.note import Note
from state.reply import FILE_LIMITS, LONGEST_CAPTION, MOST_FILES, Reply
from state.saved_reply import Saved, SavedReplies
from state.suggestion import Suggestion
from state.template import Choice, Templates
from state.thread import Thread

Words = rx.Var[str]


def _words(*names: str) -> Any:
    """The handler gets as many arguments as the component gives; each is checked by the guard."""

    def one(first: Words) -> tuple[Words]:
        return (first,)

    def two(first: Words, second: Words) -> tuple[Words, Words]:
        return first, second

    return one if len(names) == 1 else two


def _sent(
    text: Words, key: Words, files: rx.Var[list[dict[str, Any]]]
) -> tuple[Words, Words, rx.Var[list[dict[str, Any]]]]:
    return text, key, files


def _template(
    template: rx.Var[int], values: rx.Var[dict[str, str]], key: Words, file: Words
) -> tuple[rx.Var[int], rx.Var[dict[str, str]], Words, Words]:
    return template, values, key, file


def _chosen(saved_reply: rx.Var[int], key: Words) -> tuple[rx.Var[int], Words]:
    return saved_reply, key


def _to_customer(yes: rx.Var[bool]) -> tuple[rx.Var[bool]]:
    return (yes,)


class ComposerBox(rx.Component):
    """Props that end in `key` name the browser's own wish that was answered."""

    library = "$/public/js/composer.jsx"
    tag = "Composer"

    conversation: rx.Var[int]
    mode: rx.Var[str]
    can_write: rx.Var[bool]
    can_send_template: rx.Var[bool]
    placeholder: rx.Var[str]
    time_left: rx.Var[str]
    hurry: rx.Var[bool]
    longest: rx.Var[int]
    longest_caption: rx.Var[int]
    longest_note: rx.Var[int]
    most_files: rx.Var[int]
    limits: rx.Var[dict[str, int]]
    online: rx.Var[bool]
    caught_up: rx.Var[str]
    on_catch_up: rx.EventHandler[_words("key")]

    answered: rx.Var[str]
    taken: rx.Var[str]
    on_send: rx.EventHandler[_sent]
    on_typing: rx.EventHandler[_to_customer]
    quoting: rx.Var[bool]
    quote_author: rx.Var[str]
    quote: rx.Var[str]
    on_unquote: rx.EventHandler[rx.event.no_args_event_spec]
    undo_key: rx.Var[str]
    undo_seconds: rx.Var[int]
    given_back: rx.Var[str]
    given_back_key: rx.Var[str]
    on_undo: rx.EventHandler[_words("key")]
    suggested: rx.Var[str]
    suggested_key: rx.Var[str]
    on_suggest: rx.EventHandler[_words("key")]

    found: rx.Var[list[Saved]]
    found_words: rx.Var[str]
    filled: rx.Var[str]
    filled_key: rx.Var[str]
    on_saved_search: rx.EventHandler[_words("words")]
    on_saved_choose: rx.EventHandler[_chosen]
    on_saved_save: rx.EventHandler[_words("shortcut", "text")]

    note_answered: rx.Var[str]
    note_taken: rx.Var[str]
    people: rx.Var[list[str]]
    on_note: rx.EventHandler[_words("text", "key")]
    on_people: rx.EventHandler[rx.event.no_args_event_spec]

    choices: rx.Var[list[Choice]]
    choices_for: rx.Var[int]
    languages: rx.Var[list[str]]
    template_answered: rx.Var[str]
    template_taken: rx.Var[str]
    on_templates: rx.EventHandler[_words("search", "language")]
    on_template_send: rx.EventHandler[_template]


def composer_box(in_the_way: rx.Component | rx.Var[Any]) -> rx.Component:
    """One for each conversation: its drafts, its tab, its files. What is in the way of a reply
    stands between the tabs and the box."""
    return ComposerBox.create(
        in_the_way,
        key=Thread.conversation,
        conversation=Thread.conversation,
        **_what_may_be_written(),
        **_replies(),
        **_saved_replies(),
        **_notes(),
        **_templates(),
        style=BOX,
    )


def _what_may_be_written() -> dict[str, Any]:
    state = Thread.composer
    return {
        "mode": state.mode,
        "can_write": state.can_write,
        "can_send_template": state.can_send_template,
        "placeholder": state.placeholder,
        "time_left": state.time_left,
        "hurry": state.hurry,
        "longest": state.longest,
        "longest_caption": LONGEST_CAPTION,
        "longest_note": LONGEST_NOTE,
        "most_files": MOST_FILES,
        "limits": FILE_LIMITS,
        "online": ~has_connection_errors,
        "caught_up": Reply.caught_up,
        "on_catch_up": Reply.catch_up,
    }


def _replies() -> dict[str, Any]:
    return {
        "answered": Reply.answered,
        "taken": Reply.taken,
        "on_send": Reply.send,
        "on_typing": Reply.typing,
        "quoting": (Reply.quoting > 0) & (Reply.quote_in == Thread.conversation),
        "quote_author": Reply.quote_author,
        "quote": Reply.quote,
        "on_unquote": Reply.answer(0),
        "undo_key": rx.cond(Reply.undo_in == Thread.conversation, Reply.undo_key, ""),
        "undo_seconds": Reply.undo_seconds,
        "given_back": Reply.given_back,
        "given_back_key": Reply.given_back_key,
        "on_undo": Reply.undo,
        "suggested": Suggestion.words,
        "suggested_key": Suggestion.answered,
        "on_suggest": Suggestion.ask,
    }


def _saved_replies() -> dict[str, Any]:
    return {
        "found": SavedReplies.found,
        "found_words": SavedReplies.words,
        "filled": SavedReplies.filled,
        "filled_key": SavedReplies.filled_key,
        "on_saved_search": SavedReplies.search,
        "on_saved_choose": SavedReplies.choose,
        "on_saved_save": SavedReplies.save,
    }


def _notes() -> dict[str, Any]:
    return {
        "note_answered": Note.answered,
        "note_taken": Note.taken,
        "people": Note.people,
        "on_note": Note.save,
        "on_people": Note.load,
    }


def _templates() -> dict[str, Any]:
    return {
        "choices": Templates.choices,
        "choices_for": Templates.loaded_for,
        "languages": Templates.languages,
        "template_answered": Templates.answered,
        "template_taken": Templates.taken,
        "on_templates": Templates.search,
        "on_template_send": Templates.send,
    }
