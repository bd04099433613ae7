"""One cart at OVH: made, filled, verified, quoted; the independent calls side by side."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

from ovh_sniper.gateways.carts import Cart, Quote
from ovh_sniper.gateways.errors import Kind, Refused
from ovh_sniper.gateways.ovh import Ovh
from ovh_sniper.services import comparing
from ovh_sniper.services.objections import Objection

# The only system that plans declare; the real one is installed after delivery.
SYSTEM = "none_64.en"
CANADIAN = ("bhs", "yyz", "ca-")
# Calls at one moment: OVH asks for fair use and names no number.
SIDE_BY_SIDE = 6
_pools: dict[int, ThreadPoolExecutor] = {}

Work = Callable[[], Any]


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
    objection: Objection | None
    quote: Quote | None


def build(ovh: Ovh, wanted: Wanted, keep: Callable[[Cart], None]) -> Built:
    """Make a cart. `keep` gets it before anything is put in: what is not kept becomes litter.

    Raises:
        OvhError: the cart is as far as it came.
    """
    cart = ovh.create_cart(wanted.subsidiary, wanted.description, wanted.expires_at)
    keep(cart)
    item_id = _together(
        partial(ovh.add_item, cart.id, wanted.plan_code), partial(ovh.assign, cart.id)
    )[0]
    labels = configuration(wanted.configurations, wanted.datacenter)
    _together(
        *(partial(ovh.add_option, cart.id, item_id, code) for code in wanted.addons.values()),
        *(partial(ovh.configure, cart.id, item_id, *pair) for pair in labels.items()),
    )
    return _verified(ovh, cart.id, item_id, wanted)


def _verified(ovh: Ovh, cart_id: str, item_id: int, wanted: Wanted) -> Built:
    """Ask OVH what the cart really holds: an option that was lost is filled with a default."""
    held, item, price = _together(
        partial(ovh.cart, cart_id),
        partial(ovh.item, cart_id, item_id),
        partial(quote, ovh, cart_id),
    )
    options = _together(*(partial(ovh.item, cart_id, one) for one in item.option_ids))
    codes = {one.id: one.plan_code for one in (item, *options)}
    objection = comparing.lines(item, options, wanted.plan_code, wanted.addons)
    if objection is None and set(held.item_ids) != set(codes):
        objection = Objection("not_as_wished", f"{len(held.item_ids)} / {len(codes)}")
    if objection is None and price is not None:
        objection = comparing.quoted(_bare(codes), price)
    return Built(item_id, codes, objection, price)


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


def _together(*works: Work) -> list[Any]:
    """Do all, and return their results in order; raises the first error once all have ended."""
    futures = [_pool().submit(work) for work in works]
    errors = [error for future in futures if (error := future.exception()) is not None]
    if errors:
        raise errors[0]
    return [future.result() for future in futures]


def _pool() -> ThreadPoolExecutor:
    """Return this process' threads: they live on, and so do their connections to OVH."""
    return _pools.setdefault(os.getpid(), ThreadPoolExecutor(SIDE_BY_SIDE, "ovh"))


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
