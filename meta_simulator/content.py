"""What a message body may hold: Meta's limits by message type."""

from collections.abc import Callable

from meta_simulator.errors import invalid, message_error, missing
from meta_simulator.shapes import as_object, child, children
from meta_simulator.world import Json, World

MEDIA = ("image", "video", "audio", "document", "sticker")
TYPES = (*MEDIA, "text", "location", "contacts", "reaction", "interactive", "template")
INTERACTIVE = frozenset(
    (
        "button", "list", "cta_url", "location_request_message", "address_message", "flow",
        "product", "product_list", "catalog_message", "carousel", "call_permission_request",
        "voice_call", "request_contact_info",
    )
)  # fmt: skip


def check(world: World, kind: str, body: Json) -> None:
    """Refuse a body that Meta refuses. Raises 100, 131008, 131009 or 131051."""
    if kind not in TYPES:
        raise (
            message_error(131051)
            if kind == "unsupported"
            else invalid(
                f'Param type must be one of {{{", ".join(TYPES).upper()}}} - got "{kind}".'
            )
        )
    if kind == "contacts":
        _contacts(children(body, kind))
        return
    part = as_object(body.get(kind))
    if part is None:
        raise missing(kind)
    checker = _media(world, kind) if kind in MEDIA else _CHECKS[kind]
    checker(part)


def limited(value: object, name: str, limit: int, *, required: bool = True) -> str:
    """A text no longer than `limit`. Raises 131008 when missing, 100 when too long."""
    if value is None or value == "":
        if required:
            raise missing(name)
        return ""
    if not isinstance(value, str):
        raise invalid(f"Param {name} must be a string.")
    if len(value) > limit:
        raise invalid(f"Param {name} must be at most {limit} characters long.")
    return value


def _text(part: Json) -> None:
    limited(part.get("body"), "text['body']", 4096)


def _media(world: World, kind: str) -> Callable[[Json], None]:
    def check_part(part: Json) -> None:
        if not part.get("id") and not part.get("link"):
            raise missing(f"{kind}['id'] or {kind}['link']")
        if part.get("id") and str(part["id"]) not in world.media:
            raise invalid(f"Param {kind}['id'] is not a valid media id.")
        _check_caption(kind, part)

    return check_part


def _check_caption(kind: str, part: Json) -> None:
    if kind in ("audio", "sticker") and part.get("caption"):
        raise invalid(f'Unexpected key "caption" on param "{kind}".')
    limited(part.get("caption"), f"{kind}['caption']", 1024, required=False)


def _location(part: Json) -> None:
    for name, limit in (("latitude", 90), ("longitude", 180)):
        if part.get(name) is None:
            raise missing(f"location['{name}']")
        try:
            inside = abs(float(part[name])) <= limit
        except (TypeError, ValueError):
            inside = False
        if not inside:
            raise message_error(131009, f"location['{name}'] is not a valid coordinate.")


def _contacts(cards: list[Json]) -> None:
    if not cards:
        raise missing("contacts")
    if len(cards) > 257:
        raise invalid("Param contacts must have at most 257 items.")
    for card in cards:
        if not child(card, "name").get("formatted_name"):
            raise missing("contacts[]['name']['formatted_name']")


def _reaction(part: Json) -> None:
    limited(part.get("message_id"), "reaction['message_id']", 512)
    if "emoji" not in part:
        raise missing("reaction['emoji']")


def _template(part: Json) -> None:
    limited(part.get("name"), "template['name']", 512)
    language = as_object(part.get("language"))
    if language is None:
        raise missing("template['language']")
    limited(language.get("code"), "template['language']['code']", 15)


def _interactive(part: Json) -> None:
    kind = part.get("type")
    if kind not in INTERACTIVE:
        raise invalid("Param interactive['type'] is not valid.")
    _check_frame(str(kind), part)
    action = as_object(part.get("action"))
    if action is None:
        raise missing("interactive['action']")
    _ACTIONS.get(str(kind), _any)(action)


def _check_frame(kind: str, part: Json) -> None:
    body = child(part, "body")
    limit = 4096 if kind == "list" else 1024
    required = kind not in ("product", "call_permission_request", "carousel")
    limited(body.get("text"), "interactive['body']['text']", limit, required=required)
    footer, header = child(part, "footer"), child(part, "header")
    limited(footer.get("text"), "interactive['footer']['text']", 60, required=False)
    if kind == "list" and header and header.get("type") != "text":
        raise invalid("A list message takes a text header only.")
    if header.get("type") == "text":
        limited(header.get("text"), "interactive['header']['text']", 60)


def _button(action: Json) -> None:
    buttons = children(action, "buttons")
    if not 1 <= len(buttons) <= 3:
        raise invalid("interactive['action']['buttons'] must have 1 to 3 items.")
    replies = [child(button, "reply") for button in buttons]
    for reply in replies:
        limited(reply.get("title"), "buttons[]['reply']['title']", 20)
        limited(reply.get("id"), "buttons[]['reply']['id']", 256)
    _unique(replies, "id")
    _unique(replies, "title")


def _list(action: Json) -> None:
    limited(action.get("button"), "interactive['action']['button']", 20)
    sections = children(action, "sections")
    rows = [row for section in sections for row in children(section, "rows")]
    if not 1 <= len(sections) <= 10 or not 1 <= len(rows) <= 10:
        raise invalid("A list needs 1 to 10 sections and 1 to 10 rows in all.")
    for section in sections:
        limited(section.get("title"), "sections[]['title']", 24, required=len(sections) > 1)
    for row in rows:
        limited(row.get("title"), "rows[]['title']", 24)
        limited(row.get("id"), "rows[]['id']", 200)
        limited(row.get("description"), "rows[]['description']", 72, required=False)
    _unique(rows, "id")


def _cta_url(action: Json) -> None:
    parameters = child(action, "parameters")
    limited(parameters.get("display_text"), "parameters['display_text']", 20)
    limited(parameters.get("url"), "parameters['url']", 2000)


def _any(action: Json) -> None:
    del action


def _unique(items: list[Json], key: str) -> None:
    if len({item[key] for item in items}) != len(items):
        raise message_error(131009, f"Duplicated {key} in the buttons or rows.")


_ACTIONS: dict[str, Callable[[Json], None]] = {
    "button": _button,
    "list": _list,
    "cta_url": _cta_url,
}
_CHECKS: dict[str, Callable[[Json], None]] = {
    "text": _text,
    "location": _location,
    "reaction": _reaction,
    "interactive": _interactive,
    "template": _template,
}
