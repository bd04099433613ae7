"""Reads parameters the four ways the Bot API accepts: query, form, JSON and multipart."""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

import orjson

from emulators.wsgi import Environ, HttpError, read_body

BOUNDARY = re.compile(r'boundary="?([^";]+)"?')
DISPOSITION = re.compile(r'(\w+\*?)="([^"]*)"')


@dataclass(slots=True)
class Upload:
    """One uploaded file."""

    name: str
    mime: str
    data: bytes


@dataclass(slots=True)
class Form:
    """Text parameters (nested values as JSON text, as on Telegram's server) and uploads."""

    values: dict[str, str] = field(default_factory=dict)
    files: dict[str, Upload] = field(default_factory=dict)


def read_form(environ: Environ) -> Form:
    """Every parameter of a request; raises HttpError 400 for a body that cannot be read."""
    form = Form()
    if environ.get("QUERY_STRING"):
        form.values.update(parse_qsl(environ["QUERY_STRING"], keep_blank_values=True))
    body = read_body(environ)
    kind = environ.get("CONTENT_TYPE", "")
    if not body:
        return form
    if kind.startswith("application/x-www-form-urlencoded"):
        form.values.update(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))
    elif kind.startswith("application/json"):
        form.values.update(flatten(load_object(body)))
    elif kind.startswith("multipart/form-data"):
        read_multipart(body, kind, form)
    return form


def load_object(body: bytes) -> dict[str, Any]:
    """A JSON object; raises HttpError 400 for anything else."""
    try:
        value = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise HttpError(400, "Bad Request: can't parse JSON object") from error
    if not isinstance(value, dict):
        raise HttpError(400, "Bad Request: object expected")
    return value


def flatten(values: dict[str, Any]) -> dict[str, str]:
    """Values as the texts a form would carry; null means absent."""
    return {
        name: value if isinstance(value, str) else orjson.dumps(value).decode()
        for name, value in values.items()
        if value is not None
    }


def read_multipart(body: bytes, content_type: str, form: Form) -> None:
    """Split a multipart body into texts and uploads."""
    found = BOUNDARY.search(content_type)
    if found is None:
        raise HttpError(400, "Bad Request: boundary not found")
    for part in body.split(b"--" + found.group(1).encode())[1:]:
        head, blank, data = part.lstrip(b"\r\n").partition(b"\r\n\r\n")
        if blank:
            add_part(head.decode("utf-8", "replace"), data.removesuffix(b"\r\n"), form)


def add_part(head: str, data: bytes, form: Form) -> None:
    """Store one part under its name."""
    names = dict(DISPOSITION.findall(head))
    if "filename" not in names:
        form.values[names.get("name", "")] = data.decode("utf-8", "replace")
        return
    mime = re.search(r"(?im)^content-type:\s*(\S+)", head)
    form.files[names.get("name", "")] = Upload(
        names["filename"], mime.group(1) if mime else "application/octet-stream", data
    )
