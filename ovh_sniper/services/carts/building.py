"""One cart at OVH: made, filled, verified, quoted; the independent calls side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Collection, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ovh_sniper.gateways.carts import Cart, Item, Quote
from ovh_sniper.gateways.errors import Kind, Refused
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.services.carts import comparing
from ovh_sniper.services.wording.objections import Objection

# The only system that plans declare; the real one is installed after delivery.
SYSTEM = "none_64.en"
CANADIAN = ("bhs", "yyz", "ca-")
# Calls of one lane at one moment: OVH asks for fair use and names no number. Of orders a few at
# once have all lines of their carts read in one round trip.
SIDE_BY_SIDE, OF_ORDERS = 6, 24
_pools: dict[tuple[int, str], ThreadPoolExecutor] = {}

Work = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Line:
    """OVH, and the lane of the calls: they wait for others of their own lane only, so that a host
    which hangs holds up no other one, and carts made ahead no order."""

    ovh: Ovh
    lane: str
    width: int = SIDE_BY_SIDE


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a cart is to hold: one server with exactly these addons, in one datacenter."""

    subsidiary: str
    plan_code: str
    datacenter: str
    addons: Mapping[str, str]
    configurations: Mapping[str, tuple[str, ...]]  # of the plan: label -> what OVH takes
    description: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Built:
    """A cart that was filled: what is wrong with it (None: nothing), and its price.

    No quote: OVH says already here that it is sold out, as it may (ovh.md, section 6).
    """

    item_id: int
    codes: Mapping[int, str]  # item id -> code, of all that it holds
    settings: tuple[int, ...]  # ids of the labels that are set, whose values were compared
    objection: Objection | None
    quote: Quote | None


@dataclass(frozen=True, slots=True)
class Kept:
    """A cart that was verified before: its server and options, and the labels compared then."""

    cart_id: str
    item_id: int
    option_ids: tuple[int, ...]
    settings: Collection[int]


def build(line: Line, wanted: Wanted, keep: Callable[[Cart], None]) -> Built:
    """Make a cart. `keep` gets it before anything is put in: what is not kept becomes litter.

    Raises:
        OvhError: the cart is as far as it came.
    """
    ovh = line.ovh
    cart = ovh.create_cart(wanted.subsidiary, wanted.description, wanted.expires_at)
    keep(cart)
    item_id = _together(
        line,
        partial(ovh.add_item, cart.id, wanted.plan_code),
        partial(ovh.assign, cart.id),
    )[0]
    labels = configuration(wanted.configurations, wanted.datacenter)
    _together(
        line,
        *(partial(ovh.add_option, cart.id, item_id, code) for code in wanted.addons.values()),
        *(partial(ovh.configure, cart.id, item_id, *pair) for pair in labels.items()),
    )
    return _verified(line, cart.id, item_id, wanted)


def _verified(line: Line, cart_id: str, item_id: int, wanted: Wanted) -> Built:
    """Ask OVH what the cart really holds: an option that was lost is filled with a default."""
    ovh = line.ovh
    held, item, price = _together(
        line,
        partial(ovh.cart, cart_id),
        partial(ovh.item, cart_id, item_id),
        partial(quote, ovh, cart_id),
    )
    found = _together(
        line,
        *(partial(ovh.item, cart_id, one) for one in item.option_ids),
        *(partial(ovh.setting, cart_id, item_id, one) for one in item.setting_ids),
    )
    count = len(item.option_ids)
    options, labels = found[:count], found[count:]
    codes = {one.id: one.plan_code for one in (item, *options)}
    objection = comparing.lines(item, options, wanted.plan_code, wanted.addons)
    if objection is None:
        allowed = configuration(wanted.configurations, wanted.datacenter)
        objection = comparing.configured(labels, allowed)
    if objection is None and set(held.item_ids) != set(codes):
        objection = Objection("not_as_wished", f"{len(held.item_ids)} / {len(codes)}")
    if objection is None and price is not None:
        objection = comparing.quoted(_bare(codes), price)
    return Built(item_id, codes, item.setting_ids, objection, price)


def looked_at_again(
    line: Line, kept: Kept, labels: Mapping[str, str]
) -> tuple[Quote | None, Objection | None]:
    """Return what a cart that was kept costs now, and what speaks against its lines.

    All is asked for side by side. Labels are read once more only where they are others than those
    that were compared before: then `labels` says what they must be.
    """
    ovh, pool = line.ovh, _pool(line)
    asked = pool.submit(partial(ovh.item, kept.cart_id, kept.item_id))
    beside = [pool.submit(partial(_option, ovh, kept.cart_id, one)) for one in kept.option_ids]
    # in this thread: of many orders at once none waits for a place to ask for its price
    price = quote(ovh, kept.cart_id)
    item = asked.result()
    options = [option for one in beside if (option := one.result()) is not None]
    held = None
    if not item.setting_ids or set(item.setting_ids) != set(kept.settings):
        again = [partial(ovh.setting, kept.cart_id, item.id, one) for one in item.setting_ids]
        held = _together(line, *again)
    return price, comparing.edited([item, *options], held, labels)


def _option(ovh: Ovh, cart_id: str, item_id: int) -> Item | None:
    """Return an option of a cart; None where it went: the quote lacks it then, and says so."""
    try:
        return ovh.item(cart_id, item_id)
    except Refused as refused:
        if refused.kind is Kind.NOT_FOUND:
            return None
        raise


def quote(ovh: Ovh, cart_id: str) -> Quote | None:
    """Return what a cart costs now; None where OVH says already here that it is sold out."""
    try:
        return ovh.quote(cart_id)
    except Refused as refused:
        if refused.kind is Kind.OUT_OF_STOCK:
            return None
        raise


def configuration(allowed: Mapping[str, tuple[str, ...]], datacenter: str) -> dict[str, str]:
    """Return label -> value. OVH looks at none of it before the checkout, so it must be right."""
    chosen = {"dedicated_datacenter": datacenter, "dedicated_os": SYSTEM}
    regions = allowed.get("region", ())
    if regions:
        chosen["region"] = _region(regions, datacenter)
    systems = allowed.get("dedicated_os", ())
    if systems and SYSTEM not in systems:
        chosen["dedicated_os"] = systems[0]
    # of labels that take one value only, that one
    chosen |= {
        label: values[0]
        for label, values in allowed.items()
        if len(values) == 1 and label not in chosen
    }
    return chosen


def _region(regions: tuple[str, ...], datacenter: str) -> str:
    """Of two regions `canada` is for the Canadian datacenters (ovh.md, section 6)."""
    wanted = "canada" if datacenter.startswith(CANADIAN) else "europe"
    return wanted if wanted in regions else regions[0]


def _together(line: Line, *works: Work) -> list[Any]:
    """Do all, and return their results in order; raises the first error once all have ended."""
    futures = [_pool(line).submit(work) for work in works]
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise errors[0]
    return [future.result() for future in futures]


def _pool(line: Line) -> ThreadPoolExecutor:
    """Return a lane's threads of this process: they live on, and so do their connections to OVH."""
    made = ThreadPoolExecutor(line.width, f"ovh {line.lane}")
    return _pools.setdefault((os.getpid(), line.lane), made)


def lines(built: Built) -> list[dict[str, Any]]:
    """Return what WarmCart.lines keeps: each line's item, code, kind and amount without tax."""
    if built.quote is None:
        return _bare(built.codes)
    return quote_lines(built.quote, built.codes)


def quote_lines(quote: Quote, codes: Mapping[int, str]) -> list[dict[str, Any]]:
    """Return a quote's lines with the codes of their items."""
    return [
        {
            "item": line.item_id,
            "code": codes.get(line.item_id or 0, ""),
            "kind": line.kind,
            "amount": str(line.total),
        }
        for line in quote.lines
    ]


def _bare(codes: Mapping[int, str]) -> list[dict[str, Any]]:
    return [{"item": item, "code": code, "kind": "", "amount": ""} for item, code in codes.items()]


def codes_of(known: Iterable[Mapping[str, Any]]) -> dict[int, str]:
    """Return item id -> code of lines that were kept."""
    return {one["item"]: one["code"] for one in known}
