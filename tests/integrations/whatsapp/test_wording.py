import pytest

from integrations.whatsapp import updates
from integrations.whatsapp.wording import describe
from tests.payloads import encode, load

PREVIEWS = {
    "wamid.K01": "Hello",
    "wamid.K02": "📷 Photo: Broken lid",
    "wamid.K03": "🎬 Video",
    "wamid.K04": "🎤 Voice message",
    "wamid.K05": "📄 invoice.pdf: March",
    "wamid.K06": "Sticker",
    "wamid.K07": "📍 Harbour 12",
    "wamid.K08": "👤 Mia Sol and 1 more",
    "wamid.K09": "Yes please",
    "wamid.K10": "Tuesday",
    "wamid.K15": "🛒 Order, 1 item: By Friday please",
    "wamid.K16": "Ana's security code changed",
    "wamid.K17": "Unsupported message",
}


def test_previews_of_received_messages():
    found = updates.parse(encode(load("kinds")))
    lines = {
        u.wamid: describe(u.kind, u.text, u.content)
        for u in found
        if isinstance(u, updates.InboundMessage) and u.wamid in PREVIEWS
    }
    assert lines == PREVIEWS


@pytest.mark.parametrize(
    ("kind", "text", "content", "line"),
    [
        ("text", "two\n  lines", {}, "two lines"),
        ("text", None, {}, "Message"),
        ("audio", None, {}, "🎵 Audio"),
        ("document", None, {}, "📄 Document"),
        ("location", None, {"address": "1 Quay"}, "📍 1 Quay"),
        ("location", None, {}, "📍 Location"),
        ("contacts", None, {}, "👤 Contact"),
        ("contacts", None, {"contacts": [{}]}, "👤 Contact"),
        ("order", None, {"product_items": [{}, {}]}, "🛒 Order, 2 items"),
        ("revoke", None, {}, "🚫 Deleted message"),
        ("template", "Your order is on its way.", {}, "Your order is on its way."),
    ],
)
def test_previews_of_anything_else(kind, text, content, line):
    assert describe(kind, text, content) == line
