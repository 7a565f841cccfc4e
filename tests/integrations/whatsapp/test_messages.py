import pytest

from integrations.whatsapp import messages
from integrations.whatsapp.messages import Recipient

ANA = Recipient("447700900123", "GB.2088")
HIDDEN = Recipient(None, "BR.9012")


def test_a_text_in_full():
    assert messages.text(ANA, "Hello", reply_to="wamid.1") == {
        "messaging_product": "whatsapp",
        "recipient_type": "individual",
        "to": "+447700900123",
        "type": "text",
        "text": {"body": "Hello", "preview_url": True},
        "context": {"message_id": "wamid.1"},
    }


def test_a_text_without_quote_or_preview():
    body = messages.text(ANA, "Hello", preview_url=False)
    assert "context" not in body
    assert body["text"]["preview_url"] is False


@pytest.mark.parametrize(
    ("recipient", "address"),
    [
        (ANA, {"to": "+447700900123"}),
        (Recipient("+4477", None), {"to": "+4477"}),
        (HIDDEN, {"recipient": "BR.9012"}),
        (Recipient("", "BR.9012"), {"recipient": "BR.9012"}),
    ],
)
def test_a_user_id_never_goes_into_to(recipient, address):
    body = messages.text(recipient, "x")
    assert {k: v for k, v in body.items() if k in ("to", "recipient")} == address


@pytest.mark.parametrize("recipient", [Recipient(None, None), Recipient("", "")])
def test_nobody_cannot_be_written_to(recipient):
    with pytest.raises(ValueError, match="needs a phone or a user id"):
        messages.text(recipient, "x")


@pytest.mark.parametrize(
    ("kind", "content"),
    [
        ("image", {"id": "99", "caption": "c"}),
        ("video", {"id": "99", "caption": "c"}),
        ("audio", {"id": "99", "voice": True}),
        ("document", {"id": "99", "caption": "c", "filename": "f.pdf"}),
        ("sticker", {"id": "99"}),
    ],
)
def test_each_kind_of_media_takes_only_its_own_parts(kind, content):
    body = messages.media(ANA, kind, "99", caption="c", filename="f.pdf", voice=True)
    assert (body["type"], body[kind]) == (kind, content)


def test_bare_media_quotes_a_message():
    body = messages.media(HIDDEN, "audio", "99", reply_to="wamid.1")
    assert body["audio"] == {"id": "99"}
    assert body["context"] == {"message_id": "wamid.1"}


def test_a_template():
    components = [{"type": "body", "parameters": [{"type": "text", "text": "Rui"}]}]
    assert messages.template(ANA, "order_update", "en_GB", components)["template"] == {
        "name": "order_update",
        "language": {"code": "en_GB"},
        "components": components,
    }
    assert "components" not in messages.template(ANA, "hello", "en", [])["template"]


@pytest.mark.parametrize(("emoji", "sent"), [("👍", "👍"), (None, "")])
def test_a_reaction(emoji, sent):
    body = messages.reaction(ANA, "wamid.1", emoji)
    assert body["reaction"] == {"message_id": "wamid.1", "emoji": sent}
