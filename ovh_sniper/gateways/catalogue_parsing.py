"""OVH's public lists, parsed into our words.

Functions raise KeyError, TypeError, ValueError, AttributeError or ArithmeticError for an answer
that is not what OVH's schema says.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from ovh_sniper.gateways.catalogue import (
    Addon,
    Catalogue,
    Family,
    Plan,
    Pricing,
    Promotion,
)
from ovh_sniper.gateways.money import from_ucents

Json = Mapping[str, Any]
# `upgrade`, `consumption` and the rest are never part of an order
BOUGHT = ("installation", "renew")
MONTHS = {"month": 1, "year": 12, "none": 0}


def catalogue(answer: Json) -> Catalogue:
    """Parse GET /order/catalog/public/eco."""
    locale = answer["locale"]
    return Catalogue(
        id=int(answer["catalogId"]),
        subsidiary=str(locale["subsidiary"]),
        # pricings name none of their own in ca
        currency=str(locale["currencyCode"]),
        tax_rate=Decimal(str(locale.get("taxRate") or 0)),
        plans={str(one["planCode"]): _plan(one) for one in answer["plans"]},
        addons={str(one["planCode"]): _addon(one) for one in answer["addons"]},
    )


def _plan(answer: Json) -> Plan:
    blobs = answer.get("blobs") or {}
    return Plan(
        code=str(answer["planCode"]),
        product=str(answer.get("product") or ""),
        name=str(answer.get("invoiceName") or answer["planCode"]).strip(),
        range=str((blobs.get("commercial") or {}).get("range") or ""),
        families=tuple(map(_family, answer.get("addonFamilies") or ())),
        configurations={
            str(one["name"]): tuple(map(str, one.get("values") or ()))
            for one in answer.get("configurations") or ()
        },
        pricings=_pricings(answer),
    )


def _family(answer: Json) -> Family:
    return Family(
        name=str(answer["name"]),
        addons=tuple(map(str, answer.get("addons") or ())),
        default=str(answer.get("default") or ""),
        is_mandatory=bool(answer.get("mandatory")),
        is_exclusive=bool(answer.get("exclusive")),
    )


def _addon(answer: Json) -> Addon:
    return Addon(
        code=str(answer["planCode"]),
        product=str(answer.get("product") or ""),
        name=str(answer.get("invoiceName") or answer["planCode"]).strip(),
        pricings=_pricings(answer),
    )


def _pricings(answer: Json) -> tuple[Pricing, ...]:
    return tuple(
        _pricing(one, capacity)
        for one in answer.get("pricings") or ()
        for capacity in BOUGHT
        if capacity in one["capacities"]
    )


def _pricing(answer: Json, capacity: str) -> Pricing:
    unit = MONTHS.get(str(answer.get("intervalUnit") or "none"), 0)
    return Pricing(
        capacity=capacity,
        mode=str(answer["mode"]),
        months=unit * int(answer.get("interval") or 0),
        commitment=int(answer.get("commitment") or 0),
        price=from_ucents(answer["price"]),
        promotions=tuple(map(_promotion, answer.get("promotions") or ())),
        max_quantity=int((answer.get("quantity") or {}).get("max") or 1),
    )


def _promotion(answer: Json) -> Promotion:
    return Promotion(
        name=str(answer.get("name") or ""),
        starts_at=_moment(answer.get("startDate")),
        ends_at=_moment(answer.get("endDate")),
        # the price that is billed; `value` may be a percentage of something else
        price=from_ucents(answer["total"]["value"]),
    )


def _moment(text: str | None) -> datetime | None:
    if not text:
        return None
    at = datetime.fromisoformat(text)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at
