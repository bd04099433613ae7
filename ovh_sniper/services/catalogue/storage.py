"""Packs a price list for the database: compressed JSON, amounts and times exact."""

from __future__ import annotations

import hashlib
import sys
import zlib
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any

import orjson

from ovh_sniper.gateways.catalogue import Addon, Catalogue, Family, Plan, Pricing, Promotion

# Written in front of the rows: a body of another layout is not read. Whoever raises it also has all
# price lists fetched anew (a migration that sets their `retry_at` to now).
LAYOUT = 1
Row = list[Any]


class Unreadable(Exception):
    """A body is no price list of this layout."""


# --- In


def pack(catalogue: Catalogue) -> tuple[bytes, str]:
    """Return the body for the database, and a digest that is the same for the same contents."""
    # by code: OVH promises no order
    plans = sorted(catalogue.plans.values(), key=lambda one: one.code)
    addons = sorted(catalogue.addons.values(), key=lambda one: one.code)
    plain = orjson.dumps(
        [
            LAYOUT,
            catalogue.id,
            catalogue.subsidiary,
            catalogue.currency,
            str(catalogue.tax_rate),
            [_plan_row(one) for one in plans],
            [_addon_row(one) for one in addons],
        ]
    )
    return zlib.compress(plain, 6), hashlib.blake2b(plain, digest_size=32).hexdigest()


def _plan_row(plan: Plan) -> Row:
    return [
        plan.code,
        plan.product,
        plan.name,
        plan.range,
        [
            [one.name, one.addons, one.default, one.is_mandatory, one.is_exclusive]
            for one in plan.families
        ],
        {name: list(values) for name, values in plan.configurations.items()},
        [_pricing_row(one) for one in plan.pricings],
    ]


def _addon_row(addon: Addon) -> Row:
    return [addon.code, addon.product, addon.name, [_pricing_row(one) for one in addon.pricings]]


def _pricing_row(one: Pricing) -> Row:
    return [
        one.capacity,
        one.mode,
        one.months,
        one.commitment,
        str(one.price),
        [[off.name, off.starts_at, off.ends_at, str(off.price)] for off in one.promotions],
        one.max_quantity,
    ]


# --- Out


def unpack(body: bytes) -> Catalogue:
    """Return the price list that was packed.

    Raises:
        Unreadable: it is none, or an older version of this product packed it.
    """
    try:
        layout, number, subsidiary, currency, tax_rate, plans, addons = orjson.loads(
            zlib.decompress(body)
        )
        if layout != LAYOUT:
            raise Unreadable(f"layout {layout}")
        pricing = _Pricings()
        return Catalogue(
            id=number,
            subsidiary=subsidiary,
            currency=currency,
            tax_rate=Decimal(tax_rate),
            plans={row[0]: _plan(row, pricing) for row in plans},
            addons={row[0]: _addon(row, pricing) for row in addons},
        )
    except (zlib.error, ValueError, TypeError, ArithmeticError, LookupError) as error:
        raise Unreadable(str(error)) from error


class _Pricings:
    """Prices as read so far: the same few stand in thousands of places, one object each will do."""

    def __init__(self) -> None:
        self._read: dict[bytes, tuple[Pricing, ...]] = {}

    def __call__(self, rows: list[Row]) -> tuple[Pricing, ...]:
        key = orjson.dumps(rows)
        found = self._read.get(key)
        if found is None:
            found = self._read[key] = tuple(map(_pricing, rows))
        return found


Read = Callable[[list[Row]], tuple[Pricing, ...]]


def _plan(row: Row, pricings: Read) -> Plan:
    code, product, name, line, families, configurations, prices = row
    return Plan(
        code=code,
        product=product,
        name=name,
        range=line,
        families=tuple(_family(*one) for one in families),
        configurations={label: tuple(values) for label, values in configurations.items()},
        pricings=pricings(prices),
    )


def _family(*fields: Any) -> Family:
    name, addons, default, is_mandatory, is_exclusive = fields
    return Family(
        name=sys.intern(name),
        addons=tuple(map(sys.intern, addons)),
        default=default,
        is_mandatory=is_mandatory,
        is_exclusive=is_exclusive,
    )


def _addon(row: Row, pricings: Read) -> Addon:
    code, product, name, prices = row
    return Addon(sys.intern(code), sys.intern(product), name, pricings(prices))


def _pricing(row: Row) -> Pricing:
    capacity, mode, months, commitment, price, promotions, most = row
    return Pricing(
        capacity=sys.intern(capacity),
        mode=sys.intern(mode),
        months=months,
        commitment=commitment,
        price=Decimal(price),
        promotions=tuple(_promotion(one) for one in promotions),
        max_quantity=most,
    )


def _promotion(row: Row) -> Promotion:
    name, starts_at, ends_at, price = row
    return Promotion(name, _moment(starts_at), _moment(ends_at), Decimal(price))


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
