"""Calls and answers as OVH's API shapes them."""

import itertools
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl, quote

import orjson

from emulators.ovh.hosts import Host
from emulators.ovh.models import Account
from emulators.wsgi import Environ, Json, Start, answer, origin, read_body

FORM = "application/x-www-form-urlencoded"
JSON = "application/json; charset=utf-8"
VERSIONS = ("1.0", "v1")
# what clients leave as it is in a path; the signature is over their spelling
PATH_SAFE = "!$&'()*+,/:;=@~"

_query_numbers = itertools.count(0x66A10001)


class ApiError(Exception):
    """An error answer. With a `code` it has the older shape of the gateway: errorCode, httpCode,
    message; otherwise class and message."""

    def __init__(
        self, status: int, message: str, *, code: str = "", details: dict[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.status, self.message, self.code, self.details = status, message, code, details

    def as_json(self) -> Json:
        """The body."""
        if self.code:
            reason = {400: "Bad Request", 403: "Forbidden"}.get(self.status, "Error")
            http = f"{self.status} {reason}"
            return {"errorCode": self.code, "httpCode": http, "message": self.message}
        body: Json = {"class": CLASSES.get(self.status, "Client::BadRequest")}
        body["message"] = self.message
        if self.details:
            body["details"] = self.details
        return body


CLASSES = {
    400: "Client::BadRequest",
    401: "Client::Unauthorized",
    403: "Client::Forbidden",
    404: "Client::NotFound",
    405: "Client::MethodNotAllowed",
    429: "Client::TooManyRequests",
    500: "Server::InternalServerError",
    503: "Server::ServiceUnavailable",
}


@dataclass(slots=True)
class Call:
    """One request to a host."""

    host: Host
    method: str
    path: str  # after the version
    query: dict[str, str]
    body: bytes
    environ: Environ
    account: Account | None = None  # who signed, for routes that need it
    arguments: tuple[str, ...] = ()
    is_ghost: bool = False  # refuse although the stock list shows it
    is_bare: bool = False  # answer null where the ids of an item's configuration stand
    forgets: bool = False  # answer as if an option were taken, and do not keep it
    values: Json = field(default_factory=dict)

    @property
    def buyer(self) -> Account:
        """The account behind a signed call."""
        if self.account is None:
            raise ApiError(401, "You must login first")
        return self.account

    def need(self, name: str) -> Any:
        """A value of the body; raises ApiError 400 when it is missing."""
        if self.values.get(name) in (None, ""):
            raise ApiError(400, f"[{name}] Missing parameter")
        return self.values[name]

    def header(self, name: str) -> str:
        """A request header, "" when absent."""
        key = "HTTP_" + name.upper().replace("-", "_")
        return str(self.environ.get(key, ""))


def read_call(host: Host, path: str, environ: Environ) -> Call:
    """The request behind `path` (after the version); raises ApiError 400 for a bad body."""
    body = read_body(environ)
    query = dict(parse_qsl(environ.get("QUERY_STRING", ""), keep_blank_values=True))
    call = Call(host, environ["REQUEST_METHOD"], path, query, body, environ)
    is_form = str(environ.get("CONTENT_TYPE", "")).startswith(FORM)
    if body.strip() and not is_form:
        try:
            values = orjson.loads(body)
        except orjson.JSONDecodeError as error:
            raise ApiError(400, "Unable to parse the request body: invalid JSON") from error
        if not isinstance(values, dict):
            raise ApiError(400, "Unable to parse the request body: object expected")
        call.values = values
    return call


def full_url(environ: Environ) -> str:
    """The address the client called, for the signature."""
    path = str(environ.get("SCRIPT_NAME", "")) + str(environ["PATH_INFO"])
    url = origin(environ) + quote(path.encode("latin-1"), safe=PATH_SAFE)
    query = environ.get("QUERY_STRING")
    return f"{url}?{query}" if query else url


def query_id(host: str) -> str:
    """A fresh correlation id."""
    return f"{host.upper()}.ext-1.{next(_query_numbers):08x}.0001"


def send(start: Start, host: str, status: int, body: bytes) -> list[bytes]:
    """Answer with JSON and a correlation id."""
    return answer(start, status, body, JSON, [("X-Ovh-QueryID", query_id(host))])
