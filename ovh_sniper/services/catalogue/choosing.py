"""From hardware in the stock list to what a cart must hold, and what it would cost."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.gateways.stock import StockRow
from ovh_sniper.models import Configuration, Wish
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.stock import list_rows
from ovh_sniper.services.wording.objections import CannotOrder

CENT = Decimal("0.01")
# what a wish may leave open, by the names of its fields and of the stock list's
PARTS = ("memory", "storage", "system_storage", "gpu")


def row_of(found: Any) -> StockRow:
    """Return the stock row of a StockChange, a Configuration or a StockRow."""
    if isinstance(found, StockRow):
        return found
    if isinstance(found, Configuration):
        return list_rows.of_configuration(found)
    row: StockRow = found.row
    return row


def catalogue_of(host: str, subsidiary: str) -> Catalogue:
    """Return the price list.

    Raises:
        CannotOrder: it was not read yet.
    """
    catalogue = catalogues.current(Host(host), subsidiary)
    if catalogue is None:
        raise CannotOrder("catalogue", f"{host}/{subsidiary}")
    return catalogue


def addons(
    catalogue: Catalogue, row: StockRow, extras: Mapping[str, str], datacenter: str
) -> dict[str, str]:
    """Return family -> addon code for a configuration with extras: all that the cart must hold.

    Raises:
        CannotOrder: plan, datacenter, hardware or extras (see there).
    """
    plan = catalogue.plans.get(row.plan_code)
    if plan is None:
        raise CannotOrder("plan", row.plan_code)
    if datacenter not in plan.datacenters:
        raise CannotOrder("datacenter", datacenter)
    chosen = catalogue.addons_of(row)
    if chosen is None:
        raise CannotOrder("hardware", row.fqn)
    for name, code in extras.items():
        family = plan.family(name)
        if family is None or code not in family.addons:
            raise CannotOrder("extras", code)
        if name.replace("-", "_") in PARTS and chosen.get(name) != code:
            # the stock row says what hardware it is
            raise CannotOrder("extras", code)
    return {**chosen, **extras}


def renewal(
    catalogue: Catalogue, plan_code: str, chosen: Mapping[str, str], at: Any
) -> Decimal | None:
    """Return the price of a renewal with tax; None where the price list names none."""
    price = catalogue.price(plan_code, chosen.values(), at=at)
    if price is None:
        return None
    return (price.renewal * (100 + catalogue.tax_rate) / 100).quantize(CENT, ROUND_HALF_UP)


def due_now(
    catalogue: Catalogue, plan_code: str, chosen: Mapping[str, str], at: Any
) -> Decimal | None:
    """Return what is due at once with tax; None where the price list names no price."""
    price = catalogue.price(plan_code, chosen.values(), at=at)
    return None if price is None else price.with_tax.quantize(CENT, ROUND_HALF_UP)


def fits(wish: Wish, row: StockRow) -> bool:
    """Tell whether a configuration is one that a wish names or leaves open."""
    return row.plan_code == wish.plan_code and all(
        getattr(wish, part) in ("", getattr(row, part)) for part in PARTS
    )
