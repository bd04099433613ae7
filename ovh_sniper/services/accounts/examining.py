"""Asks OVH what an account may do and what stands in its way; writes nothing."""

from __future__ import annotations

import contextlib
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from functools import partial
from typing import TypeVar

from ovh_sniper.gateways.errors import Kind, OvhError, Refused
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.ovh import Account as Customer
from ovh_sniper.gateways.ovh import (
    ApplicationKeys,
    Credential,
    Credentials,
    Ovh,
    PaymentMethod,
    ServiceAccount,
    connect,
    request_consumer_key,
)
from ovh_sniper.services.accounts import functions
from ovh_sniper.services.accounts.findings import Finding, of_error
from ovh_sniper.services.accounts.functions import (
    FOLLOW,
    ORDER,
    PAY,
    PAYMENT,
    QUOTE,
    WITHDRAW,
    Rules,
)

T = TypeVar("T")
LACKING = frozenset({Kind.NOT_GRANTED, Kind.IAM_MISSING})
# an application key or a service account that OVH does not know may be known to another host
MISPLACED = frozenset({Kind.KEY_INVALID, Kind.CREDENTIAL_UNKNOWN})
# a payment method that ends within this time is told of
PAYMENT_ENDS_IN = timedelta(days=30)
# a cart made to see whether carts can be had; deleted at once, ended by itself otherwise
TRIAL = timedelta(minutes=10)
# an order's number that OVH never gives
NOBODYS = 0


@dataclass(slots=True)
class Examination:
    """What OVH said. `customer` None: it did not let us see whose account it is."""

    customer: Customer | None = None
    expires_at: datetime | None = None
    method: PaymentMethod | None = None
    findings: list[Finding] = field(default_factory=list)

    def lacks(self, function: str) -> bool:
        """Tell whether OVH does not let it do this."""
        return any(
            one["code"] == "missing" and one["function"] == function for one in self.findings
        )

    def miss(self, function: str, items: list[str]) -> None:
        """Note rules or actions that a function lacks, beside those noted before."""
        for one in self.findings:
            if one["code"] == "missing" and one["function"] == function:
                one["items"] += [item for item in items if item not in one["items"]]
                return
        self.findings.append({"code": "missing", "function": function, "items": items})


def examine(
    ovh: Ovh, credentials: Credentials, rights: frozenset[str], now: datetime
) -> Examination:
    """Return what OVH says of working credentials, and which wanted functions they lack.

    Raises:
        OvhError: OVH does not take the credentials at all, or was not reached.
    """
    found = Examination()
    if isinstance(credentials, ServiceAccount):
        _examine_service(ovh, found, credentials.host, rights, now)
    else:
        key = _key(ovh, found)
        if key is not None:
            _examine_key(key, found, rights)
        if not found.lacks(PAYMENT):
            found.method = _allowed(ovh.payment_method, found, PAYMENT)
        found.customer = _allowed(ovh.me, found, QUOTE)
    _judge(found, now)
    return found


def real_host(credentials: Credentials, refused: Refused) -> Host | None:
    """Return the other host that knows credentials which their own one does not; None for none."""
    is_service = isinstance(credentials, ServiceAccount)
    if refused.kind not in MISPLACED and not (is_service and _is_unknown(refused)):
        return None
    for host in Host:
        if host is credentials.host:
            continue
        with contextlib.suppress(OvhError):
            if _knows(replace(credentials, host=host)):
                return host
    return None


# --- Application and consumer key


def _key(ovh: Ovh, found: Examination) -> Credential | None:
    """Return the consumer key; None, with findings, where OVH does not let it look at itself.

    Whether OVH asks for a rule there is not documented; the ones that we ask for have it.
    """
    try:
        key = ovh.credential()
    except Refused as refused:
        if refused.kind not in LACKING:
            raise
    else:
        if not key.is_valid:
            raise Refused(403, key.status, kind=Kind.CREDENTIAL_INVALID)
        return key
    for function in (FOLLOW, ORDER):
        items = [functions.as_text(rule) for rule in functions.NEEDS[function]]
        found.findings.append({"code": "unsure", "function": function, "items": items})
    return None


def _examine_key(key: Credential, found: Examination, rights: frozenset[str]) -> None:
    found.expires_at = key.expires_at
    for function in functions.NEEDS:
        if rules := functions.missing(key.rules, function):
            found.findings.append(_lack(function, rules, rights))
    if spare := functions.beyond(key.rules):
        found.findings.append({"code": "beyond", "items": spare})
    if key.allowed_ips:
        found.findings.append({"code": "addresses", "items": list(key.allowed_ips)})


def _lack(function: str, items: list[str], rights: frozenset[str]) -> Finding:
    if function in functions.OPTIONAL and function not in rights:
        return {"code": "off", "function": function}
    return {"code": "missing", "function": function, "items": items}


# --- Service account: OVH lists its rights nowhere, so what is harmless is tried


def _examine_service(
    ovh: Ovh, found: Examination, host: Host, rights: frozenset[str], now: datetime
) -> None:
    found.customer = _allowed(ovh.me, found, QUOTE)
    found.method = _allowed(ovh.payment_method, found, PAYMENT)
    if found.customer is not None:
        _try_cart(ovh, found, now)
    _try_orders(ovh, found, now)
    for function in (ORDER, PAY, WITHDRAW):
        if function not in functions.OPTIONAL or function in rights:
            actions = list(functions.actions_of(function, host))
            found.findings.append({"code": "unsure", "function": function, "items": actions})
        else:
            found.findings.append({"code": "off", "function": function})


def _try_cart(ovh: Ovh, found: Examination, now: datetime) -> None:
    """Make an empty cart and do with it all that costs nothing: every action missing is noted."""
    subsidiary = found.customer.subsidiary if found.customer else ""
    cart = ovh.create_cart(subsidiary, "a look at the rights", now + TRIAL)
    for act in (ovh.assign, ovh.cart, ovh.quote, ovh.delete_cart):
        _tried(partial(act, cart.id), found, QUOTE)


def _try_orders(ovh: Ovh, found: Examination, now: datetime) -> None:
    """List orders, and ask for one that nobody has: OVH looks at the rights first."""
    _tried(lambda: ovh.orders_between(now - TRIAL, now), found, FOLLOW)
    for ask in (ovh.order_status, ovh.order_lines, ovh.follow_up):
        _tried(partial(ask, NOBODYS), found, FOLLOW)


def _tried(ask: Callable[[], object], found: Examination, function: str) -> None:
    """Note what rights a call lacks; that it has nothing to work on is no matter."""
    with contextlib.suppress(Refused):
        _allowed(ask, found, function)


# --- Both


def _allowed(ask: Callable[[], T], found: Examination, function: str) -> T | None:
    """Return the answer; None, with a finding, where only a right is missing.

    Raises:
        OvhError: anything else.
    """
    try:
        return ask()
    except Refused as refused:
        if refused.kind not in LACKING:
            raise
        found.miss(function, of_error(refused).get("items", []))
        return None


def _judge(found: Examination, now: datetime) -> None:
    customer = found.customer
    if customer is not None and not customer.is_complete:
        found.findings.append({"code": "incomplete"})
    # None: not asked there
    if customer is not None and customer.is_identified is False:
        found.findings.append({"code": "unidentified"})
    if found.method is None and not found.lacks(PAYMENT):
        found.findings.append({"code": "no_payment_method"})
    ends = found.method.expires_on if found.method else None
    if ends is not None and _ends_soon(ends, now):
        found.findings.append({"code": "payment_ends", "on": ends.isoformat()})


def _ends_soon(ends: date, now: datetime) -> bool:
    return ends <= (now + PAYMENT_ENDS_IN).date()


# --- Hosts


def _is_unknown(refused: Refused) -> bool:
    return refused.kind is Kind.CREDENTIAL_INVALID and refused.code != 0


def _knows(credentials: Credentials) -> bool:
    """Tell whether a host knows these keys, whatever else is wrong with them."""
    is_service = isinstance(credentials, ServiceAccount)
    try:
        if isinstance(credentials, ServiceAccount):
            connect(credentials).me()
        elif credentials.consumer_key:
            connect(credentials).credential()
        else:
            _ask_for_key(credentials)
    except Refused as refused:
        return refused.kind not in MISPLACED | {Kind.OTHER} and not (
            is_service and _is_unknown(refused)
        )
    return True


def _ask_for_key(credentials: ApplicationKeys) -> None:
    """Ask for a consumer key that nobody will ever agree to: it says whether OVH knows us."""
    request_consumer_key(credentials.host, credentials.application_key, _LEAST)


_LEAST: Rules = functions.NEEDS[QUOTE][:1]
