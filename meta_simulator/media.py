"""Files: upload, look up, download for five minutes, delete."""

import base64
import hashlib
import hmac
from urllib.parse import quote

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from meta_simulator.call import Call, live_token
from meta_simulator.core import Core
from meta_simulator.errors import GraphError, bad_param, message_error, unknown_object
from meta_simulator.world import Json, Media

URL_SECONDS = 300
UPLOAD_DAYS = 30
WEBHOOK_DAYS = 7
MB = 1024 * 1024
# Meta: supported media types and sizes. Documents take any type.
ALLOWED: dict[str, tuple[str, int]] = {
    "audio/aac": ("audio", 16 * MB),
    "audio/amr": ("audio", 16 * MB),
    "audio/mpeg": ("audio", 16 * MB),
    "audio/mp4": ("audio", 16 * MB),
    "audio/ogg": ("audio", 16 * MB),
    "image/jpeg": ("image", 5 * MB),
    "image/png": ("image", 5 * MB),
    "image/webp": ("sticker", MB // 2),
    "video/mp4": ("video", 16 * MB),
    "video/3gpp": ("video", 16 * MB),
}
DOCUMENT_LIMIT = 100 * MB
REFUSED_PREFIXES = ("image/", "audio/", "video/")


async def upload(call: Call) -> Json:
    """POST /{phone_number_id}/media."""
    if call.text("messaging_product") != "whatsapp":
        raise bad_param("The parameter messaging_product is required.")
    file = call.files.get("file")
    if file is None:
        raise bad_param("The parameter file is required.")
    mime = call.text("type") or file.mime_type
    check_file(mime, len(file.data))
    stored = store(call.core, call.node, file.data, mime, file.filename, UPLOAD_DAYS)
    return {"id": stored.id}


def check_file(mime: str, size: int) -> None:
    """Refuse types and sizes that Meta refuses. Raises 100 or 131053."""
    plain = mime.partition(";")[0].strip().lower()
    if not plain or (plain not in ALLOWED and plain.startswith(REFUSED_PREFIXES)):
        allowed = ", ".join(ALLOWED)
        raise bad_param(
            f"Param file must be a file with one of the following types: {allowed}, or a document. "
            f"Received file of type '{plain or 'application/octet-stream'}'."
        )
    limit = ALLOWED.get(plain, ("document", DOCUMENT_LIMIT))[1]
    if size > limit:
        raise message_error(131053, f"The file is larger than {limit} bytes.")


def store(core: Core, number_id: str, data: bytes, mime: str, filename: str, days: int) -> Media:
    """Keep a file."""
    media = Media(
        id=core.world.new_id("990"),
        number_id=number_id,
        mime_type=mime,
        sha256=hashlib.sha256(data).hexdigest(),
        size=len(data),
        created=core.clock.now(),
        lifetime_days=days,
        filename=filename,
    )
    core.world.media[media.id] = media
    core.world.blobs[media.id] = data
    return media


async def read(call: Call) -> Json:
    """GET /{media_id}: the file's facts and a fresh URL."""
    media = _own(call)
    return {
        "messaging_product": "whatsapp",
        "url": url(call.core, media, call.base_url),
        "mime_type": media.mime_type,
        "sha256": media.sha256,
        "file_size": media.size,
        "id": media.id,
    }


async def delete(call: Call) -> Json:
    """DELETE /{media_id}."""
    media = _own(call)
    del call.core.world.media[media.id]
    call.core.world.blobs.pop(media.id, None)
    return {"success": True}


async def download(request: Request) -> Response:
    """The file itself: only for five minutes, and only with the token."""
    core: Core = request.app.state.core
    media = core.world.media.get(request.query_params.get("mid", ""))
    bearer = request.headers.get("authorization", "").partition(" ")[2].strip()
    try:
        live_token(core, bearer)
    except GraphError as error:
        return JSONResponse(error.body(), 401)
    if media is None or not _url_good(core, media, request) or core.faults.take("media_404"):
        return Response("Not Found", 404)
    name = media.filename or f"file-{media.id}"
    headers = {"Content-Disposition": f"attachment; filename*=UTF-8''{_quoted(name)}"}
    return Response(core.world.blobs[media.id], media_type=media.mime_type, headers=headers)


def url(core: Core, media: Media, base_url: str) -> str:
    """A URL that stops working after five minutes."""
    expires = int(core.clock.now()) + URL_SECONDS
    path = "/whatsapp_business/attachments/"
    return f"{base_url}{path}?mid={media.id}&ext={expires}&hash={_hash(core, media.id, expires)}"


def webhook_part(core: Core, media: Media) -> Json:
    """How a received file appears in a webhook."""
    digest = base64.b64encode(bytes.fromhex(media.sha256)).decode()
    part: Json = {"id": media.id, "mime_type": media.mime_type, "sha256": digest}
    return part | ({"url": url(core, media, core.public_url)} if core.public_url else {})


def _own(call: Call) -> Media:
    media = call.core.world.media[call.node]
    age = call.core.clock.now() - media.created
    asked = call.text("phone_number_id")
    if age > media.lifetime_days * 86400 or asked not in ("", media.number_id):
        raise unknown_object(call.node, call.method)
    if call.core.faults.take("media_404"):
        raise GraphError(404, 100, "(#100) Media not found", subcode=33)
    return media


def _url_good(core: Core, media: Media, request: Request) -> bool:
    expires = request.query_params.get("ext", "")
    given = request.query_params.get("hash", "")
    if not expires.isdigit() or int(expires) < core.clock.now():
        return False
    return hmac.compare_digest(given, _hash(core, media.id, int(expires)))


def _hash(core: Core, media_id: str, expires: int) -> str:
    message = f"{media_id}|{expires}".encode()
    return hmac.new(core.world.url_key.encode(), message, hashlib.sha256).hexdigest()[:32]


def _quoted(name: str) -> str:
    return quote(name, safe="")
