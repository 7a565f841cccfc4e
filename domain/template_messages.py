"""Templates in the composer: which there are, and sending one, at any time."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from sqlmodel import Session, select

from domain import access, channels, outgoing_media, sending, template_parts
from domain.access import Actor
from domain.outgoing_media import File
from domain.template_parts import Choice, Person, Preview, preview
from illumichat_app.errors import Invalid, NotFound
from integrations.whatsapp.fields import optional_text, records
from models import (
    Contact,
    Conversation,
    ConversationEvent,
    CustomerIdentity,
    Message,
    Template,
)

__all__ = [
    "Choice",
    "Preview",
    "choices",
    "languages",
    "preview",
    "queue_template",
    "require_approved",
]

MOST_CHOICES = 50

# Meta: message templates, status. Only APPROVED can be sent.
_PROBLEMS = {
    "PENDING": "Meta is still reviewing it.",
    "IN_APPEAL": "Meta is reviewing it once more.",
    "REJECTED": "Meta rejected it. An admin can mend it and send it in again.",
    "PAUSED": "Meta has paused it because customers disliked it.",
    "DISABLED": "Meta has switched it off because customers disliked it.",
    "LIMIT_EXCEEDED": "It is over the account's limit of templates.",
    "ARCHIVED": "Meta has archived it because it was not used for a year.",
}
_NOT_NOW = "Meta does not allow it to be sent now."


def choices(
    session: Session, actor: Actor, conversation_id: int, search: str = "", language: str = ""
) -> list[Choice]:
    """The templates of this conversation's WhatsApp account, at most MOST_CHOICES of them.

    Those that can be sent come first; the others say why in `problem`. Raises NotFound.
    """
    conversation = access.conversation(session, actor, conversation_id)
    found = [
        row
        for row in _of_account(session, conversation)
        if language in ("", row.language) and _matches(row, search)
    ]
    found.sort(key=lambda row: (row.status != "APPROVED", row.name, row.language))
    judge = _Judge(session, conversation)
    offered = [judge.choice(row) for row in found[:MOST_CHOICES]]
    return sorted(offered, key=lambda each: bool(each.problem))


def languages(session: Session, actor: Actor, conversation_id: int) -> list[str]:
    """In which languages this conversation's account has templates. Raises NotFound."""
    conversation = access.conversation(session, actor, conversation_id)
    return sorted({row.language for row in _of_account(session, conversation)})


def queue_template(
    session: Session,
    actor: Actor,
    conversation_id: int,
    template_id: int,
    values: Mapping[str, str],
    send_key: str,
    header_file: str | None = None,
) -> Message:
    """Send a template, whether the window is open or closed; the sender takes over.

    `values` by the variables' keys; `header_file` is the ref of an accepted file.
    Raises NotFound, Invalid, ChannelOff, NotAllowed.
    """
    conversation = access.conversation(session, actor, conversation_id)
    if sent := sending.already_queued(session, actor, send_key):
        return sent
    sending.require_may_send(session, conversation, actor, "template")
    choice = _require_choice(session, conversation, template_id)
    shown = preview(choice, values)
    if problem := template_parts.first_problem(choice, shown):
        raise Invalid(problem)
    file = _header_file(actor, conversation, choice, header_file)
    content = _content(choice, shown, values)
    message = sending.queue(
        session, conversation, actor, shown.body, send_key, kind="template", content=content
    )
    if file:
        outgoing_media.attach(session, message, file)
    return message


def require_approved(
    session: Session, conversation: Conversation, content: Mapping[str, Any]
) -> None:
    """Raises Invalid when a template that was sent before may not be sent now."""
    rows = _of_account(session, conversation)
    name, language = content.get("name"), content.get("language")
    row = next((each for each in rows if (each.name, each.language) == (name, language)), None)
    problem = _Judge(session, conversation).choice(row).problem if row else "It is gone at Meta."
    if problem:
        raise Invalid(f"This template cannot be sent: {problem}")


def _of_account(session: Session, conversation: Conversation) -> list[Template]:
    connection = channels.connection_of(session, conversation.channel_id)
    if connection is None:
        return []
    return list(
        session.exec(
            select(Template).where(
                Template.workspace_id == conversation.workspace_id,
                Template.waba_id == connection.waba_id,
            )
        )
    )


def _matches(row: Template, search: str) -> bool:
    """By name, language or any of its words; in Python, since SQLite's LOWER knows ASCII only."""
    parts = [optional_text(part, "text") or "" for part in records(row.components)]
    text = " ".join([row.name, row.name.replace("_", " "), row.language, *parts]).casefold()
    return all(word in text for word in search.casefold().split())


class _Judge:
    """What is known of the customer, read once for a whole list."""

    def __init__(self, session: Session, conversation: Conversation) -> None:
        self._identity = session.get_one(CustomerIdentity, conversation.identity_id)
        contact = session.get(Contact, conversation.contact_id) if conversation.contact_id else None
        self._person = _person(self._identity, contact)
        self._stopped_marketing = _stopped_marketing(session, conversation)

    def choice(self, row: Template) -> Choice:
        read = template_parts.choice(row, self._person)
        return replace(read, problem=self._problem(row) or read.problem)

    def _problem(self, row: Template) -> str:
        if row.status != "APPROVED":
            return _PROBLEMS.get(row.status, _NOT_NOW)
        if row.category == "AUTHENTICATION" and not self._identity.wa_id:
            return "It needs the customer's phone number, which is hidden."
        if row.category == "MARKETING" and self._stopped_marketing:
            return "This customer has stopped marketing messages."
        return ""


def _person(identity: CustomerIdentity, contact: Contact | None) -> Person:
    phone = (contact.phone if contact else None) or identity.wa_id
    return Person(
        name=(contact.name if contact else "") or identity.profile_name or "",
        phone=f"+{phone.lstrip('+')}" if phone else "",
        email=(contact.email if contact else None) or "",
        username=f"@{identity.username}" if identity.username else "",
    )


def _stopped_marketing(session: Session, conversation: Conversation) -> bool:
    """The customer's last word on it (Meta: user_preferences webhook)."""
    news = session.exec(
        select(ConversationEvent).where(
            ConversationEvent.conversation_id == conversation.id,
            ConversationEvent.kind == "preference",
        )
    ).all()
    words = [each.data for each in news if each.data.get("category") == "marketing_messages"]
    last = max(words, key=lambda data: str(data.get("at", "")), default=None)
    return last is not None and last.get("value") == "stop"


def _require_choice(session: Session, conversation: Conversation, template_id: object) -> Choice:
    rows = _of_account(session, conversation)
    row = next((each for each in rows if each.id == template_id), None)
    if row is None:
        raise NotFound("This template is not here any more. Choose another one.")
    choice = _Judge(session, conversation).choice(row)
    if choice.problem:
        raise Invalid(f"This template cannot be sent: {choice.problem}")
    return choice


def _header_file(
    actor: Actor, conversation: Conversation, choice: Choice, ref: str | None
) -> File | None:
    if not choice.needs_file:
        return None
    if not ref:
        raise Invalid(f"This template begins with a file. Attach one: {choice.header_kind}.")
    file = outgoing_media.find(actor, conversation, ref)
    if file.kind != choice.header_kind:
        raise Invalid(f"This template needs one of this kind: {choice.header_kind}.")
    return file


def _content(choice: Choice, shown: Preview, values: Mapping[str, str]) -> dict[str, Any]:
    """What the thread shows, and what is sent."""
    return {
        "name": choice.name,
        "language": choice.language,
        "category": choice.category,
        "header_kind": shown.header_kind,
        "header": shown.header,
        "footer": shown.footer,
        "buttons": [
            {"text": each.text, "kind": each.kind, "detail": each.detail} for each in shown.buttons
        ],
        "components": template_parts.components(choice, values),
    }
