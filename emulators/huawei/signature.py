"""Verifies SDK-HMAC-SHA256 as Huawei Cloud's API gateway does."""

import hashlib
import hmac
import re
import time
from datetime import UTC, datetime
from urllib.parse import parse_qsl, quote, unquote

from emulators.huawei.models import User
from emulators.huawei.wire import ApiError, Call

SKEW = 900.0  # seconds
AUTHORIZATION = re.compile(
    r"SDK-HMAC-SHA256 Access=(?P<key>[^,\s]+), ?SignedHeaders=(?P<names>[a-z0-9;-]+), ?"
    r"Signature=(?P<signature>[0-9a-f]{64})"
)
REFUSED = "Incorrect IAM authentication information: "
# the library sends other content under this text in place of a hash
UNSIGNED = "UNSIGNED-PAYLOAD"


def verify(users: dict[str, User], call: Call) -> User:
    """Who calls; raises ApiError 401."""
    given = AUTHORIZATION.fullmatch(call.header("Authorization"))
    if given is None:
        raise ApiError(401, "APIGW.0301", f"{REFUSED}x-auth-token or aksk not found")
    names = given["names"].split(";")
    if not {"host", "x-sdk-date"} <= set(names):
        raise ApiError(401, "APIGW.0301", f"{REFUSED}headers host and x-sdk-date must be signed")
    date = call.header("X-Sdk-Date")
    # the machine's clock, not the world's: people may have moved that one
    if abs(_seconds(date) - time.time()) > SKEW:
        raise ApiError(401, "APIGW.0301", f"{REFUSED}the value of x-sdk-date is out of range")
    user = users.get(given["key"])
    if user is None:
        raise ApiError(401, "APIGW.0301", f"{REFUSED}Get secretKey failed,ak:{given['key']}")
    if not hmac.compare_digest(signature(call, names, date, user.secret_key), given["signature"]):
        raise ApiError(401, "APIGW.0301", f"{REFUSED}verify aksk signature fail")
    return user


def signature(call: Call, names: list[str], date: str, secret: str) -> str:
    """The signature that the call should carry."""
    canonical = "\n".join(
        (
            call.method,
            _uri(call.path),
            _query(call.query_text),
            *(f"{name}:{call.header(name)}" for name in names),
            "",
            ";".join(names),
            call.header("X-Sdk-Content-Sha256") or hashlib.sha256(call.raw).hexdigest(),
        )
    )
    text = f"SDK-HMAC-SHA256\n{date}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    return hmac.new(secret.encode(), text.encode(), hashlib.sha256).hexdigest()


def _uri(path: str) -> str:
    uri = "/".join(quote(part, safe="~") for part in unquote(path).split("/"))
    return uri if uri.endswith("/") else f"{uri}/"


def _query(text: str) -> str:
    pairs = sorted(parse_qsl(text, keep_blank_values=True))
    return "&".join(f"{quote(name, safe='~')}={quote(value, safe='~')}" for name, value in pairs)


def _seconds(date: str) -> float:
    try:
        return datetime.strptime(date, "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC).timestamp()
    except ValueError:
        return 0.0
