"""What an answer of Huawei Cloud means: JSON, or one of our errors. No body ever gets further."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from traffic_guard.gateways.errors import (
    LONGEST_MESSAGE,
    Busy,
    CloudError,
    Kind,
    Refused,
    Unreachable,
)

DEFAULT_WAIT = 5.0  # seconds; the headers of a 429 are not documented
LONGEST_WAIT = 3600.0


@dataclass(frozen=True, slots=True)
class Call:
    """One call as errors and limits name it: `route` has `*` where an id would stand.

    `action` is the right it needs, as policies name it. `writes`: it changes something.
    """

    api: str
    method: str
    route: str
    action: str = ""
    writes: bool = False


CODES = {
    "APIGW.0301": Kind.CREDENTIAL,
    "Common.0013": Kind.CREDENTIAL,
    "CBC.0154": Kind.CREDENTIAL,
    "Ecs.0110": Kind.FROZEN,
    "Ecs.0071": Kind.FROZEN,
    "Pdp.0001": Kind.FROZEN,
    "CBC.0150": Kind.WRONG_SITE,
    "CBC.0156": Kind.WRONG_SITE,
    "Ecs.0003": Kind.DENIED,
    "CBC.0151": Kind.DENIED,
    "CBC.0155": Kind.DENIED,
    "Ecs.0100": Kind.CONFLICT,
    "Ecs.0605": Kind.LOCKED,
    "Ecs.0603": Kind.RUNNING_COMMAND,
    "Ecs.0614": Kind.NOT_FOUND,
    "Ecs.0611": Kind.BATCH,
}
STATUSES = {401: Kind.CREDENTIAL, 403: Kind.DENIED, 404: Kind.NOT_FOUND}
THROTTLED = {"CBC.0250", "APIGW.0308"}
ACTION = re.compile(r"\b[a-z]+:[A-Za-z0-9]+:[A-Za-z0-9]+\b")
# the names that services give their two fields
FIELDS = (
    ("error_code", "error_msg"),
    ("errorCode", "errorMsg"),
    ("code", "message"),
    ("code", "details"),
)


def from_answer(
    status: int, headers: Mapping[str, str], body: bytes, call: Call, access_key: str = ""
) -> CloudError:
    """Return the error that an answer means; any body is taken: HTML, nothing, `null`, a list.

    `headers` must find names whatever their case. `access_key` is taken out of the cloud's words.
    """
    fields = _fields(load(body))
    code, message = _told(fields) if fields else ("", "")
    if status == 429 or code in THROTTLED:
        return Busy(seconds(headers.get("Retry-After", "")) or DEFAULT_WAIT, call.api)
    kind = CODES.get(code)
    if kind is None and (fields is None or not 400 <= status < 500):
        # a 4xx in HTML is a proxy's, not the API's word on the account
        return unusable(status, call)
    kind = kind or STATUSES.get(status, Kind.OTHER)
    named = ACTION.search(message) if kind is Kind.DENIED else None
    return Refused(
        code or str(status),
        _shown(message, access_key),
        kind=kind,
        api=call.api,
        action=named.group() if named else call.action,
    )


def unusable(status: int, call: Call) -> Unreachable:
    """Return the error for an answer that says nothing about what was done."""
    reason = _("%(api)s gave no usable answer (status %(status)s).") % {
        "api": call.api,
        "status": status,
    }
    return Unreachable(reason, unclear=call.writes)


def load(body: bytes) -> Any:
    """Return an answer's JSON, numbers with a point as Decimal; None for anything else."""
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def seconds(retry_after: str) -> float:
    """Return the seconds that a Retry-After header asks for; 0 where it names no number."""
    text = retry_after.strip()
    return min(float(text), LONGEST_WAIT) if text.isascii() and text.isdigit() else 0.0


def _fields(answer: Any) -> dict[str, Any] | None:
    return answer if isinstance(answer, dict) else None


def _told(fields: dict[str, Any], depth: int = 0) -> tuple[str, str]:
    """Return code and message, which some services put one level down."""
    for code, message in FIELDS:
        if code in fields and isinstance(fields.get(message), str):
            return str(fields[code]), str(fields[message])
    inner = (value for value in fields.values() if isinstance(value, dict))
    for value in inner if depth == 0 else ():
        told = _told(value, 1)
        if any(told):
            return told
    return "", ""


def _shown(message: str, access_key: str) -> str:
    if "<" in message:  # HTML inside of JSON
        return ""
    if access_key:
        message = message.replace(access_key, "****")
    return message[:LONGEST_MESSAGE]
