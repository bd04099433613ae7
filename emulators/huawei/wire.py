"""Calls and answers: what each service's errors look like, and how times are written."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import parse_qsl

import orjson

from emulators.forms import load_object
from emulators.huawei.models import Account, User
from emulators.wsgi import Environ, HttpError, Json, Start, answer, read_body

SERVICES = ("iam", "config", "bss", "ecs", "vpc", "ces")
OF_SITE = ("iam", "config", "bss")
JSON = "application/json;charset=UTF-8"


class ApiError(Exception):
    """A refusal: HTTP status, the service's code and words."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status, self.code, self.message = status, code, message

    def body(self, service: str) -> bytes:
        """The answer's body in the shape of a service."""
        return orjson.dumps(_shaped(service, self.status, self.code, self.message))


def _shaped(service: str, status: int, code: str, message: str) -> Json:
    if code.startswith("APIGW."):  # refused before the service saw it
        return {"error_code": code, "error_msg": message, "request_id": "0" * 32}
    if service == "iam":
        return {"error": {"code": status, "message": message, "title": "Forbidden"}}
    if service in ("ecs", "vpc"):
        return {"error": {"code": code, "message": message}}
    if service == "ces":
        return {"http_code": status, "message": {"code": code, "details": message}}
    return {"error_code": code, "error_msg": message}


@dataclass(slots=True)
class Call:
    """One request. `place` is the site or the region of the address, "" for any."""

    service: str
    place: str
    method: str
    path: str  # after the service's own prefix, as it was sent
    query_text: str
    raw: bytes
    environ: Environ
    ids: list[str] = field(default_factory=list)  # what the stars of its route stand for
    user: User | None = None
    account: Account | None = None
    is_lie: bool = False  # a job that only says it worked
    is_failing: bool = False  # a job that fails

    def header(self, name: str) -> str:
        """A header, "" when absent."""
        key = name.upper().replace("-", "_")
        key = key if key in ("CONTENT_TYPE", "CONTENT_LENGTH") else f"HTTP_{key}"
        return str(self.environ.get(key, "")).strip()

    @property
    def query(self) -> dict[str, str]:
        """The query's last values."""
        return dict(parse_qsl(self.query_text, keep_blank_values=True))

    @property
    def owner(self) -> Account:
        """Whose call it is, once that is known."""
        if self.account is None:
            raise ApiError(401, "APIGW.0301", "Incorrect IAM authentication information")
        return self.account

    def body(self) -> Json:
        """The JSON object that was sent; raises ApiError 400."""
        try:
            return load_object(self.raw or b"{}")
        except HttpError as error:
            raise bad(self.service, "the body is no JSON object") from error


BAD = {
    "iam": "IAM.0011",
    "config": "RMS.00000001",
    "bss": "CBC.0100",
    "ecs": "Ecs.0005",
    "vpc": "VPC.0003",
    "ces": "ces.0014",
}


def bad(service: str, message: str) -> ApiError:
    """A refusal of a wrong parameter."""
    return ApiError(400, BAD[service], message)


def number(
    service: str, values: dict[str, Any], name: str, default: int, bounds: tuple[int, int]
) -> int:
    """A parameter within its bounds; raises ApiError 400."""
    low, high = bounds
    value = values.get(name, default)
    try:
        found = int(value)
    except (TypeError, ValueError):
        found = low - 1
    if not low <= found <= high:
        raise bad(service, f"{name} must be between {low} and {high}")
    return found


def read_call(service: str, place: str, path: str, environ: Environ) -> Call:
    """A call, not yet looked at."""
    return Call(
        service,
        place,
        str(environ["REQUEST_METHOD"]),
        path,
        str(environ.get("QUERY_STRING", "")),
        read_body(environ),
        environ,
    )


def utc(at: float) -> str:
    """`2026-01-05T02:11:00Z`."""
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def send(
    start: Start, status: int, body: bytes, headers: Iterable[tuple[str, str]] = ()
) -> list[bytes]:
    """Send JSON."""
    return answer(start, status, body, JSON, [("X-Request-Id", "0" * 32), *headers])
