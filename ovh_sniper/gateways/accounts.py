"""Who orders: credentials, and what OVH says about an account."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import gettext as _

from ovh_sniper.gateways.errors import Kind, Refused
from ovh_sniper.gateways.hosts import Host


@dataclass(frozen=True, slots=True)
class ApplicationKeys:
    """Application key and secret with the consumer key of one account."""

    host: Host
    application_key: str
    application_secret: str = field(repr=False)
    consumer_key: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class ServiceAccount:
    """An OAuth2 service account (client credentials)."""

    host: Host
    client_id: str
    client_secret: str = field(repr=False)


Credentials = ApplicationKeys | ServiceAccount


def check(credentials: Credentials) -> None:
    """Return for credentials that are whole and can stand in a header.

    Raises:
        Refused: a part is missing or malformed (code 0: nothing was sent).
    """
    for name, value in _parts(credentials):
        if not value.strip():
            message = _("The %(part)s is missing.") % {"part": name}
        elif not (value.isascii() and value.isprintable()) or " " in value:
            message = _("The %(part)s has characters that no key has.") % {"part": name}
        else:
            continue
        raise Refused(0, message, kind=Kind.CREDENTIAL_INVALID)


def _parts(credentials: Credentials) -> tuple[tuple[str, str], ...]:
    if isinstance(credentials, ServiceAccount):
        return (
            (_("client id"), credentials.client_id),
            (_("client secret"), credentials.client_secret),
        )
    return (
        (_("application key"), credentials.application_key),
        (_("application secret"), credentials.application_secret),
        (_("consumer key"), credentials.consumer_key),
    )


# --- What a consumer key may do


@dataclass(frozen=True, slots=True)
class AccessRule:
    """A method and a path; `*` in the path stands for any text, nothing else is implied.

    `/me` does not cover `/me/order`.
    """

    method: str
    path: str

    def covers(self, wanted: AccessRule) -> bool:
        """Tell whether this rule grants all that the other one would."""
        if self.method != wanted.method:
            return False
        pattern = ".*".join(re.escape(part) for part in self.path.split("*"))
        return re.fullmatch(pattern, wanted.path) is not None


# The smallest set that everything but paying works with.
READ_RULES = (
    AccessRule("GET", "/me"),
    AccessRule("GET", "/me/payment/method"),
    AccessRule("GET", "/me/payment/method/*"),
    AccessRule("GET", "/me/order"),
    AccessRule("GET", "/me/order/*"),
    AccessRule("GET", "/auth/currentCredential"),
)
CART_RULES = (
    AccessRule("POST", "/order/cart"),
    *(AccessRule(method, "/order/cart/*") for method in ("GET", "POST", "DELETE")),
)
ORDER_RULES = READ_RULES + CART_RULES
# Asked for separately: without it a stolen key cannot pay an order that exists.
PAY_RULES = (AccessRule("POST", "/me/order/*/pay"),)
RETRACT_RULES = (AccessRule("POST", "/me/order/*/retraction"),)


def missing_rules(
    granted: tuple[AccessRule, ...], wanted: tuple[AccessRule, ...]
) -> tuple[AccessRule, ...]:
    """Return the wanted rules that nothing granted covers."""
    return tuple(rule for rule in wanted if not any(one.covers(rule) for one in granted))


# --- What OVH says


@dataclass(frozen=True, slots=True)
class Account:
    """The customer behind the credentials."""

    nichandle: str
    subsidiary: str
    currency: str
    is_complete: bool
    is_identified: bool | None  # None where OVH does not say


@dataclass(frozen=True, slots=True)
class Credential:
    """A consumer key at OVH."""

    id: int
    status: str  # validated, pendingValidation, expired or refused
    expires_at: datetime | None  # None: never
    rules: tuple[AccessRule, ...]
    allowed_ips: tuple[str, ...]  # CIDR; empty: from anywhere

    @property
    def is_valid(self) -> bool:
        """Whether calls can be made with it."""
        return self.status == "validated"


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """The method that OVH charges when an order pays itself."""

    id: int
    type: str
    label: str
    expires_on: date | None


@dataclass(frozen=True, slots=True)
class NewConsumerKey:
    """A consumer key that works once its owner has opened the address and agreed."""

    consumer_key: str = field(repr=False)
    validation_url: str = field(repr=False)
