"""Graph calls that change the templates of an account. Each raises GraphError."""

from typing import Any, NamedTuple
from urllib.parse import quote

from integrations.whatsapp.client import Credentials, GraphClient
from integrations.whatsapp.fields import optional_text


class Made(NamedTuple):
    """A template that Meta took; it may be approved at once, or get another category."""

    id: str
    status: str
    category: str


async def create(
    client: GraphClient, credentials: Credentials, waba_id: str, template: dict[str, Any]
) -> Made:
    """Hand a new template in. Meta has no idempotency key: after an unknown end only a list tells.

    `template`: name, language, category, components (Meta: message templates).
    """
    answer = await client.call(
        credentials, "POST", _templates_of(waba_id), json=template, repeatable=False
    )
    return Made(
        optional_text(answer, "id") or "",
        optional_text(answer, "status") or "PENDING",
        optional_text(answer, "category") or str(template["category"]),
    )


async def edit(
    client: GraphClient, credentials: Credentials, template_id: str, changes: dict[str, Any]
) -> None:
    """Put new components in the place of all old ones; the review begins anew."""
    path = quote(template_id, safe="")
    await client.call(credentials, "POST", path, json=changes, repeatable=False)


async def delete(
    client: GraphClient, credentials: Credentials, waba_id: str, name: str, template_id: str = ""
) -> None:
    """Delete one language by its id, or with no id every language of the name."""
    params = {"name": name} | ({"hsm_id": template_id} if template_id else {})
    await client.call(credentials, "DELETE", _templates_of(waba_id), params=params)


def _templates_of(waba_id: str) -> str:
    return f"{quote(waba_id, safe='')}/message_templates"
