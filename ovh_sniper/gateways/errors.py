"""What can go wrong at OVH, in our words; no message of ours holds a key or a cart id."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Any

from django.utils.translation import gettext as _

DEFAULT_WAIT = 5.0  # seconds; the headers of OVH's 429 are not documented
LONGEST_WAIT = 3600.0
LONGEST_MESSAGE = 500


class Kind(StrEnum):
    """Why OVH refused."""

    CREDENTIAL_INVALID = "credential_invalid"  # consumer key wrong, expired or not yet validated
    CREDENTIAL_UNKNOWN = "credential_unknown"  # often a key of another host
    KEY_INVALID = "key_invalid"  # application key wrong or of another host
    NOT_GRANTED = "not_granted"  # the consumer key lacks a rule: see `route` and `method`
    IAM_MISSING = "iam_missing"  # the account lacks rights: see `actions`
    BAD_SIGNATURE = "bad_signature"  # wrong application secret, or the key waits for validation
    OUT_OF_STOCK = "out_of_stock"
    NOT_ASSIGNED = "not_assigned"
    CONFIGURATION_MISSING = "configuration_missing"
    CONFIGURATION_DUPLICATED = "configuration_duplicated"
    NO_PAYMENT_METHOD = "no_payment_method"
    CART_GONE = "cart_gone"
    PLAN_UNKNOWN = "plan_unknown"
    WRONG_SUBSIDIARY = "wrong_subsidiary"
    NOT_ALLOWED = "not_allowed"  # of the account or its rights, whatever it asks for
    METHOD_NOT_USABLE = "method_not_usable"  # of payment, for this order
    NOT_FOUND = "not_found"  # an order that is asked for was removed
    OTHER = "other"


class OvhError(Exception):
    """A call did not do what it should."""


class Refused(OvhError):
    """OVH said no, and would again: `code` is the HTTP status, `message` OVH's words.

    `code` 0 is our own refusal: nothing was sent. `query_id` is what OVH's support asks for.
    """

    def __init__(
        self,
        code: int,
        message: str,
        *,
        kind: Kind = Kind.OTHER,
        query_id: str = "",
        call: Call | None = None,
        actions: tuple[str, ...] = (),
    ) -> None:
        super().__init__(f"{code} {message}")
        self.code = code
        self.message = message
        self.kind = kind
        self.query_id = query_id
        self.method = call.method if call else ""
        self.route = call.route if call else ""
        self.actions = actions


class Busy(OvhError):
    """Too many calls, and this one was not carried out: try again in `retry_after` seconds."""

    def __init__(self, retry_after: float) -> None:
        super().__init__(f"retry after {retry_after:g} s")
        self.retry_after = retry_after


class Unreachable(OvhError):
    """No usable answer. `unclear`: the request may have been carried out all the same.

    `retry_after` is the wait in seconds that OVH asked for, 0 where it named none.
    """

    def __init__(self, reason: str, *, unclear: bool, retry_after: float = 0.0) -> None:
        super().__init__(reason)
        self.reason = reason
        self.unclear = unclear
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Call:
    """One call as errors name it: `route` has `*` where an id would stand."""

    method: str
    route: str
    # an order or a payment: never repeated without asking OVH what became of it
    spends: bool = False
    # some calls need no account, and then none of its rights
    signed: bool = True

    @property
    def writes(self) -> bool:
        """Tell whether the call changes anything at OVH."""
        return self.method != "GET"


CODES = {
    "INVALID_CREDENTIAL": Kind.CREDENTIAL_INVALID,
    "NOT_CREDENTIAL": Kind.CREDENTIAL_UNKNOWN,
    "INVALID_KEY": Kind.KEY_INVALID,
    "NOT_GRANTED_CALL": Kind.NOT_GRANTED,
    "INVALID_SIGNATURE": Kind.BAD_SIGNATURE,
    "FORBIDDEN": Kind.NOT_ALLOWED,
}
# OVH has no codes for these: the words are the answer (its own tools go by them too)
WORDS = (
    ("is not available in", Kind.OUT_OF_STOCK),
    ("cart hasn't been assigned", Kind.NOT_ASSIGNED),
    ("is duplicated for product", Kind.CONFIGURATION_DUPLICATED),
    ("in customfields there must be", Kind.CONFIGURATION_MISSING),
    ("is mandatory for product", Kind.CONFIGURATION_MISSING),
    ("preferred payment method", Kind.NO_PAYMENT_METHOD),
    ("cart not found", Kind.CART_GONE),
    ("invalid cart id", Kind.CART_GONE),
    ("plan code not found", Kind.PLAN_UNKNOWN),
    ("invalid ovhsubsidiary", Kind.WRONG_SUBSIDIARY),
    ("can't be paid with", Kind.METHOD_NOT_USABLE),
    ("user not granted for this request", Kind.IAM_MISSING),
    ("you are not allowed", Kind.NOT_ALLOWED),
    ("this credential is not valid", Kind.CREDENTIAL_INVALID),
    ("this credential does not exist", Kind.CREDENTIAL_UNKNOWN),
    ("application key is invalid", Kind.KEY_INVALID),
    ("call has not been granted", Kind.NOT_GRANTED),
    ("invalid signature", Kind.BAD_SIGNATURE),
)
# Said of a moment of trouble, whatever the status.
PASSING = "service is temporarily unavailable"


def from_answer(status: int, headers: Mapping[str, str], body: bytes, call: Call) -> OvhError:
    """Return the error that an answer means; any body is taken: HTML, nothing, `null`, a list.

    `headers` must find names whatever their case, as those of requests and httpx do.
    """
    wait = seconds(headers.get("Retry-After", ""))
    if status == 429 or (status == 503 and wait and not call.writes):
        return _throttled(wait, call)
    answer = _json(body)
    if status >= 500 or status == 408 or answer is _NO_JSON:
        # 4xx pages in HTML are a proxy's, not the API's word on the account
        return unusable(status, call, wait)
    fields = answer if isinstance(answer, dict) else {}
    message = str(fields.get("message") or "")[:LONGEST_MESSAGE]
    if not 400 <= status < 500 or PASSING in message.lower():
        return unusable(status, call, wait)
    actions = _actions(fields.get("details"))
    return Refused(
        status,
        message,
        kind=Kind.IAM_MISSING if actions else _kind(status, fields, message.lower()),
        query_id=headers.get("X-Ovh-QueryID", ""),
        call=call,
        actions=actions,
    )


def unusable(status: int, call: Call, wait: float = 0.0) -> Unreachable:
    """Return the error for an answer that says nothing about what was done."""
    reason = _("OVH gave no usable answer (status %(n)s).") % {"n": status}
    return Unreachable(reason, unclear=call.writes, retry_after=wait)


def seconds(retry_after: str) -> float:
    """Return the seconds that a Retry-After header asks for (number or date); 0 for none."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), LONGEST_WAIT)
    try:
        at = parsedate_to_datetime(text)
    except ValueError:
        return 0.0
    if at.tzinfo is None:
        at = at.replace(tzinfo=UTC)
    return min(max((at - datetime.now(UTC)).total_seconds(), 0.0), LONGEST_WAIT)


def _throttled(wait: float, call: Call) -> OvhError:
    wait = wait or DEFAULT_WAIT
    if call.spends:
        # what OVH does before it counts calls is not documented: look before ordering again
        return Unreachable(_("OVH asks us to slow down."), unclear=True, retry_after=wait)
    return Busy(wait)


_NO_JSON = object()


def _json(body: bytes) -> Any:
    try:
        return json.loads(body)
    except ValueError:
        return _NO_JSON


def _kind(status: int, fields: Mapping[str, Any], text: str) -> Kind:
    if kind := CODES.get(str(fields.get("errorCode"))):
        return kind
    for words, kind in WORDS:
        if words in text:
            return kind
    return {401: Kind.CREDENTIAL_INVALID, 404: Kind.NOT_FOUND}.get(status, Kind.OTHER)


def _actions(details: Any) -> tuple[str, ...]:
    """Return the IAM actions that an answer says are missing (ovh/go-ovh, error.go)."""
    named = details.get("unauthorizedActionsByIAM") if isinstance(details, dict) else None
    if isinstance(named, list):
        return tuple(str(action) for action in named)
    return tuple(re.findall(r"[^\s,;\[\]\"]+", named)) if isinstance(named, str) else ()
