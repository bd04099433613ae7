"""Why an order is not made, or not taken back; `reason` is a word that texts tell."""

from __future__ import annotations

from dataclasses import dataclass

from ovh_sniper.gateways.errors import Kind
from ovh_sniper.models import Order

# Refusals that no other order of the account will escape.
OF_THE_ACCOUNT = frozenset(
    {
        Kind.CREDENTIAL_INVALID.value,
        Kind.CREDENTIAL_UNKNOWN.value,
        Kind.KEY_INVALID.value,
        Kind.NOT_GRANTED.value,
        Kind.IAM_MISSING.value,
        Kind.BAD_SIGNATURE.value,
        Kind.NOT_ALLOWED.value,
        Kind.WRONG_SUBSIDIARY.value,
        "account",
    }
)


@dataclass(frozen=True, slots=True)
class Objection:
    """Why a cart is not checked out; `detail` is facts only, so it reads in any language.

    Reasons: not_as_wished, cart_edited (after it was verified), price_over_cap, renewal_over_cap,
    price_unknown, currency, budget_day, budget_month, account, wish (it is no longer armed),
    expired, schedule, suspended, too_late; the gateway's Kind where OVH says it.
    """

    reason: str
    detail: str = ""


class Repeated(Exception):
    """The same account, plan and datacenter was ordered by hand within two minutes."""

    def __init__(self, order: Order) -> None:
        super().__init__("ordered a moment ago")
        self.order = order


class CannotOrder(Exception):
    """It cannot be ordered now.

    Reasons: account (none, or it cannot order), catalogue (its price list was not read yet), plan
    (not sold there), hardware (no certain addons for the stock row, or options that fit none),
    extras (an addon that the plan does not have), datacenter (the plan is not sold there), stock
    (nowhere in stock), quantity (below 1, or too many), track (a VPS is only alerted of),
    price_unknown and currency (what was shown is no price to keep to).
    """

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(f"{reason} {detail}".strip())
        self.reason = reason
        self.detail = detail


class NotCancellable(Exception):
    """Too late to take an order back.

    Reasons: ordering (OVH is being asked right now, or its answer is looked up), unpaid (OVH has no
    cancel: unpaid it ends by itself at `order.pay_until`), paid (only withdrawal is left), ended.
    """

    def __init__(self, order: Order, reason: str) -> None:
        super().__init__(reason)
        self.order = order
        self.reason = reason
