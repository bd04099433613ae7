"""Huawei Cloud's request signature, SDK-HMAC-SHA256."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from urllib.parse import quote, unquote

from traffic_guard.gateways.accounts import Keys

ALGORITHM = "SDK-HMAC-SHA256"
DATE_HEADER = "X-Sdk-Date"
DATE_FORMAT = "%Y%m%dT%H%M%SZ"

Pairs = Iterable[tuple[str, str]]


def encoded(text: str) -> str:
    """Return text as the signature and the address write it: unreserved signs stay."""
    return quote(text, safe="~")


def query_string(query: Pairs) -> str:
    """Return the sorted query: as it is signed, and as it must be sent."""
    return "&".join(f"{encoded(name)}={encoded(value)}" for name, value in sorted(query))


def canonical_request(
    method: str, path: str, query: Pairs, headers: Mapping[str, str], body: bytes
) -> str:
    """Return the text whose hash is signed; every header given is signed."""
    uri = "/".join(encoded(part) for part in unquote(path).split("/"))
    named = sorted((name.lower(), value.strip()) for name, value in headers.items())
    return "\n".join(
        (
            method,
            # only here: the address that is sent keeps its end
            uri if uri.endswith("/") else f"{uri}/",
            query_string(query),
            *(f"{name}:{value}" for name, value in named),
            "",
            ";".join(name for name, _ in named),
            hashlib.sha256(body).hexdigest(),
        )
    )


def signature(canonical: str, date: str, secret_key: str) -> str:
    """Return the signature of a canonical request at `date` (UTC, as in the header)."""
    digest = hashlib.sha256(canonical.encode()).hexdigest()
    text = f"{ALGORITHM}\n{date}\n{digest}".encode()
    return hmac.new(secret_key.encode(), text, hashlib.sha256).hexdigest()


def sign(
    keys: Keys, method: str, path: str, query: Pairs, headers: Mapping[str, str], body: bytes
) -> dict[str, str]:
    """Return the headers to send: those given (with `Host`), the date and the authorization."""
    date = datetime.now(UTC).strftime(DATE_FORMAT)
    signed = {**headers, DATE_HEADER: date}
    value = signature(canonical_request(method, path, query, signed, body), date, keys.secret_key)
    names = ";".join(sorted(name.lower() for name in signed))
    signed["Authorization"] = (
        f"{ALGORITHM} Access={keys.access_key}, SignedHeaders={names}, Signature={value}"
    )
    return signed
