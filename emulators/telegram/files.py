"""Photos and documents: storing, naming, reading back."""

import secrets
import struct
from typing import Any

from emulators.forms import Upload
from emulators.telegram.errors import bad
from emulators.telegram.models import Bot, StoredFile
from emulators.telegram.params import Params
from emulators.telegram.state import State
from emulators.wsgi import Json

MAX_PHOTO = 10 * 1024 * 1024
MAX_FILE = 50 * 1024 * 1024
MAX_DOWNLOAD = 20 * 1024 * 1024
LINK_LIVES = 3600.0
SIGNATURES = {b"\x89PNG\r\n\x1a\n": "png", b"\xff\xd8\xff": "jpg", b"GIF8": "gif", b"RIFF": "webp"}


def picture_format(data: bytes) -> str:
    """png, jpg, gif or webp by the first bytes; empty for anything else."""
    return next((name for start, name in SIGNATURES.items() if data.startswith(start)), "")


def picture_size(data: bytes) -> tuple[int, int]:
    """Width and height of a PNG or GIF; 800 x 600 for other formats."""
    if data.startswith(b"\x89PNG") and len(data) >= 24:
        width, height = struct.unpack(">II", data[16:24])
        return int(width), int(height)
    if data.startswith(b"GIF8") and len(data) >= 10:
        width, height = struct.unpack("<HH", data[6:10])
        return int(width), int(height)
    return 800, 600


def store(state: State, bot: Bot, kind: str, upload: Upload, url: str = "") -> StoredFile:
    """Keep a file under a fresh file_id that belongs to one bot."""
    ending = picture_format(upload.data) if kind == "photo" else ""
    name = f"file_{len(state.files)}" + (f".{ending or 'jpg'}" if kind == "photo" else "")
    folder = "photos" if kind == "photo" else "documents"
    path = f"{folder}/{name}" if kind == "photo" else f"{folder}/{name}_{upload.name}"
    width, height = picture_size(upload.data) if kind == "photo" else (0, 0)
    file = StoredFile(
        id="AgAC" + secrets.token_urlsafe(36),
        unique_id="AQAD" + secrets.token_urlsafe(8),
        bot_id=bot.id,
        kind=kind,
        path=path,
        mime=f"image/{ending or 'jpeg'}" if kind == "photo" else upload.mime,
        size=len(upload.data),
        width=width,
        height=height,
        url=url,
    )
    state.keep_file(file, upload.data)
    return file


def given_file(state: State, bot: Bot, params: Params, name: str, kind: str) -> StoredFile:
    """The file a parameter uploads, names by file_id or by URL; raises ApiError 400."""
    upload = params.upload(name)
    if upload is not None:
        check_upload(upload, kind)
        return store(state, bot, kind, upload)
    value = params.text(name)
    if not value:
        raise bad(f"there is no {kind} in the request")
    if value.startswith(("http://", "https://")):
        return store(state, bot, kind, Upload("file", "application/octet-stream", b""), value)
    file = state.files.get(value)
    if file is None or file.bot_id != bot.id:
        raise bad("wrong file identifier/HTTP URL specified")
    return file


def check_upload(upload: Upload, kind: str) -> None:
    """Size and, for photos, format."""
    if not upload.data:
        raise bad("file must be non-empty")
    if kind == "photo" and not picture_format(upload.data):
        raise bad("IMAGE_PROCESS_FAILED")
    if len(upload.data) > (MAX_PHOTO if kind == "photo" else MAX_FILE):
        raise bad("file is too big")


def photo_sizes(file: StoredFile) -> list[Json]:
    """A photo as Telegram lists it: here in one size."""
    size: Json = {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "width": file.width,
        "height": file.height,
        "file_size": file.size,
    }
    return [size]


def photo_content(state: State, bot: Bot, params: Params, name: str) -> Json:
    """Message fields of a photo."""
    return {"photo": photo_sizes(given_file(state, bot, params, name, "photo"))}


def document_content(state: State, bot: Bot, params: Params, name: str) -> Json:
    """Message fields of a document."""
    file = given_file(state, bot, params, name, "document")
    document: dict[str, Any] = {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_name": file.path.rsplit("/", 1)[-1].split("_", 2)[-1],
        "mime_type": file.mime,
        "file_size": file.size,
    }
    return {"document": document}
