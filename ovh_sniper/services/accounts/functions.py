"""What an account can be used for, and which calls of OVH's each use needs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ovh_sniper.gateways.accounts import (
    ORDER_RULES,
    PAY_RULES,
    RETRACT_RULES,
    AccessRule,
    missing_rules,
)
from ovh_sniper.gateways.hosts import Host

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

Rules = tuple[AccessRule, ...]
QUOTE, ORDER, FOLLOW, PAYMENT = "quote", "order", "follow", "payment"
PAY, WITHDRAW = "pay", "withdraw"

LABELS: dict[str, _StrPromise] = {
    QUOTE: _("Watch stock and get prices"),
    ORDER: _("Order servers"),
    FOLLOW: _("Follow orders until delivery"),
    PAYMENT: _("See whether an order can pay itself"),
    PAY: _("Pay an order that is open"),
    WITHDRAW: _("Withdraw from a paid order"),
}
# The concrete calls, so that a key with narrower rules than ours is judged rightly. Adding lines
# to a cart needs no key at all (gateways/live.py).
NEEDS: dict[str, Rules] = {
    QUOTE: (
        AccessRule("GET", "/me"),
        AccessRule("POST", "/order/cart/*/assign"),
        AccessRule("GET", "/order/cart/*"),
        AccessRule("GET", "/order/cart/*/checkout"),
        AccessRule("DELETE", "/order/cart/*"),
    ),
    ORDER: (AccessRule("POST", "/order/cart/*/checkout"),),
    FOLLOW: (AccessRule("GET", "/me/order"), AccessRule("GET", "/me/order/*")),
    PAYMENT: (
        AccessRule("GET", "/me/payment/method"),
        AccessRule("GET", "/me/payment/method/*"),
    ),
    PAY: PAY_RULES,
    WITHDRAW: RETRACT_RULES,
}
# Asked for only where the owner ticked them: a stolen key must not be able to.
OPTIONAL = (PAY, WITHDRAW)
# IAM actions of the same uses, as OVH's schema of eu names them (August 2026)
ACTIONS: dict[str, tuple[str, ...]] = {
    QUOTE: (
        "account:apiovh:me/get",
        "order:apiovh:cart/get",
        "order:apiovh:cart/assign",
        "order:apiovh:cart/delete",
        "order:apiovh:cart/checkout/simulate",
    ),
    ORDER: ("order:apiovh:cart/checkout/execute",),
    FOLLOW: (
        "account:apiovh:me/order/get",
        "account:apiovh:me/order/status/get",
        "account:apiovh:me/order/details/get",
        "account:apiovh:me/order/followUp/get",
    ),
    PAYMENT: ("account:apiovh:me/payment/method/get",),
    PAY: ("account:apiovh:me/order/pay",),
    WITHDRAW: ("account:apiovh:me/order/retraction/create",),
}
# The actions on carts were renamed in eu only (OVH's schemas of July 2024 and August 2026).
RENAMED = ("order:apiovh:cart/", "account:apiovh:order/cart/")


def rules_for(rights: Iterable[str]) -> Rules:
    """Return the least rules that ordering and these rights ("pay", "withdraw") work with."""
    wanted = set(rights)
    return ORDER_RULES + tuple(
        rule for function in OPTIONAL if function in wanted for rule in NEEDS[function]
    )


def actions_of(function: str, host: Host) -> tuple[str, ...]:
    """Return the IAM actions that a function needs, as a host names them."""
    new, old = RENAMED
    named = ACTIONS[function]
    return named if host is Host.EU else tuple(one.replace(new, old) for one in named)


def actions_for(rights: Iterable[str], host: Host) -> tuple[str, ...]:
    """Return the least IAM actions that ordering and these rights ("pay", "withdraw") work with."""
    wanted = set(rights)
    return tuple(
        action
        for function in ACTIONS
        if function not in OPTIONAL or function in wanted
        for action in actions_of(function, host)
    )


def missing(granted: Rules, function: str) -> list[str]:
    """Return what a consumer key lacks for a function: "GET /me/order", ..."""
    return [as_text(rule) for rule in missing_rules(granted, NEEDS[function])]


def beyond(granted: Rules) -> list[str]:
    """Return the rules of a consumer key that let it do more than this product ever asks for."""
    everything = rules_for(OPTIONAL)
    return [as_text(rule) for rule in missing_rules(everything, granted) if not _is_harmless(rule)]


def as_text(rule: AccessRule) -> str:
    """Return a rule as OVH's pages show it."""
    return f"{rule.method} {rule.path}"


def _is_harmless(rule: AccessRule) -> bool:
    """Tell whether it can only look, or is one of ours that is written narrower or wider."""
    return rule.method == "GET" or rule.path.startswith(("/order/cart", "/auth/"))
