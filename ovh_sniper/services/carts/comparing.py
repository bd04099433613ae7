"""Whether a cart is what was wished: its lines, its price. Anything else is an objection."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from ovh_sniper.gateways.carts import Item, Quote
from ovh_sniper.models import Order, Wish
from ovh_sniper.services.wording.objections import Objection

DURATION, MODE = "P1M", "default"


def lines(
    item: Item, options: Iterable[Item], plan_code: str, addons: Mapping[str, str]
) -> Objection | None:
    """Compare a server and its options with the plan and exactly these addons."""
    held = Counter([item.plan_code, *(option.plan_code for option in options)])
    wanted = Counter([plan_code, *addons.values()])
    facts = [f"-{code}" for code in sorted((wanted - held).elements())]
    facts += [f"+{code}" for code in sorted((held - wanted).elements())]
    every = [item, *options]
    facts += [fact for one in every for fact in _terms(one)]
    return Objection("not_as_wished", " ".join(facts)) if facts else None


def _terms(one: Item) -> list[str]:
    """Return what is unusual about a line: its number, or how long it is paid for at once."""
    facts = [f"{one.plan_code} x{one.quantity}"] if one.quantity != 1 else []
    if (one.duration, one.mode) != (DURATION, MODE):
        facts.append(f"{one.plan_code} {one.duration} {one.mode}")
    return facts


def quoted(known: Iterable[Mapping[str, Any]], quote: Quote) -> Objection | None:
    """Compare a fresh quote with the lines that were verified: one each of the same items.

    A line that OVH filled in for an option that went is no line of that option's item.
    """
    before = {one["item"]: one["code"] for one in known}
    after = {line.item_id: line.description for line in quote.lines}
    facts = [f"-{code}" for item, code in before.items() if item not in after]
    facts += [f"+{text}" for item, text in after.items() if item not in before]
    facts += [f"{line.description} x{line.quantity}" for line in quote.lines if line.quantity != 1]
    return Objection("not_as_wished", " ".join(facts)) if facts else None


def configured(held: Iterable[tuple[str, str]], wanted: Mapping[str, str]) -> Objection | None:
    """Compare a server's labels (datacenter, region, operating system) with what they must be."""
    facts = _labels(held, wanted)
    return Objection("not_as_wished", " ".join(facts)) if facts else None


def edited(
    every: Iterable[Item], held: Iterable[tuple[str, str]] | None, wanted: Mapping[str, str]
) -> Objection | None:
    """Compare the server and options of a cart that is kept, which was right once; `held`: the
    server's labels, None where they are those that were compared before."""
    facts = [fact for one in every for fact in _terms(one)]
    facts += [] if held is None else _labels(held, wanted)
    return Objection("cart_edited", " ".join(facts)) if facts else None


def _labels(held: Iterable[tuple[str, str]], wanted: Mapping[str, str]) -> list[str]:
    has, wants = Counter(held), Counter(wanted.items())
    facts = [f"-{label}={value}" for label, value in sorted((wants - has).elements())]
    return facts + [f"+{label}={value}" for label, value in sorted((has - wants).elements())]


def price(
    capped: Order | Wish, due: Decimal | None, renewal: Decimal | None, currency: str, expected: str
) -> Objection | None:
    """Compare what is due now and later, with tax, with the limits of an order or a wish.

    `expected` is the currency in which the limits are meant.
    """
    if not _has_limits(capped):
        return None
    if due is None or (renewal is None and capped.cap_renewal is not None):
        return Objection("price_unknown")
    if currency != expected:
        return Objection("currency", f"{currency} / {expected}")
    for reason, amount, cap in (
        ("price_over_cap", due, capped.cap_due_now),
        ("renewal_over_cap", renewal, capped.cap_renewal),
    ):
        if cap is not None and amount is not None and amount > cap:
            return Objection(reason, f"{amount} > {cap} {currency}")
    return None


def _has_limits(capped: Order | Wish) -> bool:
    wish = capped.wish if isinstance(capped, Order) else capped
    limits = [capped.cap_due_now, capped.cap_renewal]
    # the budget itself is compared under a lock (services/matching/budgets.py)
    limits += [wish.budget_day, wish.budget_month] if wish is not None else []
    return any(limit is not None for limit in limits)
