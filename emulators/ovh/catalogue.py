"""The public catalogue of the eco range, written once per subsidiary until a price changes."""

import zlib

import orjson

from emulators.ovh.assortment import plans_of
from emulators.ovh.hosts import Host, Market
from emulators.ovh.parts import describe, technical
from emulators.ovh.plans import Addon, Family, Plan
from emulators.ovh.pricing import PriceList, catalogue_row
from emulators.ovh.stock import Snapshot, pack
from emulators.wsgi import Json

ADDON_LIMIT = 100


class Catalogue:
    """Catalogues of one host, as bytes."""

    def __init__(self, host: Host, prices: PriceList) -> None:
        self._host, self._prices = host, prices
        self._written: dict[str, tuple[object, Snapshot]] = {}

    def forget(self) -> None:
        """A price has changed."""
        self._written.clear()

    def snapshot(self, subsidiary: str, market: Market, now: float) -> Snapshot:
        """The whole answer."""
        running = self._prices.running(now)
        found = self._written.get(subsidiary)
        if found is None or found[0] != running:
            found = running, pack(self._write(subsidiary, market, now))
            self._written[subsidiary] = found
        return found[1]

    def _write(self, subsidiary: str, market: Market, now: float) -> bytes:
        sold = [plan for plan in plans_of(self._host.name).values() if plan.is_sold]
        addons = {addon.code: addon for plan in sold for addon in every_addon(plan)}
        body = {
            "plans": [self._plan(plan, market, now) for plan in sold],
            "products": products(sold),
            "addons": [self._addon(addon, market, now) for addon in addons.values()],
            "planFamilies": [],
        }
        head = {
            "catalogId": zlib.crc32(orjson.dumps(body)) % 10**6,
            "locale": {
                "currencyCode": market.currency,
                "subsidiary": subsidiary,
                "taxRate": market.tax / 1000 if market.tax % 1000 else market.tax // 1000,
            },
        }
        return orjson.dumps(head | body)

    def _plan(self, plan: Plan, market: Market, now: float) -> Json:
        rows = self._prices.rows(plan, market, now)
        return {
            "planCode": plan.code,
            "invoiceName": plan.label,
            "product": plan.product,
            "pricingType": "rental",
            "consumptionConfiguration": None,
            "addonFamilies": [family_row(family) for family in plan.families],
            "configurations": [
                {"name": name, "values": values, "isMandatory": True, "isCustom": False}
                for name, values in configurations(self._host, plan).items()
            ],
            "pricings": [catalogue_row(row, market, plan.most) for row in rows],
            "blobs": {"commercial": {"range": plan.line}} if plan.line else None,
        }

    def _addon(self, addon: Addon, market: Market, now: float) -> Json:
        rows = self._prices.rows(addon, market, now)
        return {
            "planCode": addon.code,
            "invoiceName": describe(addon.product),
            "product": addon.product,
            "pricingType": "rental",
            "consumptionConfiguration": None,
            "addonFamilies": [],
            "configurations": [],
            "pricings": [catalogue_row(row, market, ADDON_LIMIT) for row in rows],
            "blobs": None,
        }


def configurations(host: Host, plan: Plan) -> dict[str, list[str]]:
    """What an order must say besides the plan. No system but `none_64.en` exists."""
    return {
        "dedicated_datacenter": list(plan.datacenters),
        "dedicated_os": ["none_64.en"],
        "region": list(host.regions),
    }


def every_addon(plan: Plan) -> list[Addon]:
    """Addons of all families."""
    return [addon for family in plan.families for addon in family.addons]


def family_row(family: Family) -> Json:
    """A row of `addonFamilies`."""
    return {
        "name": family.name,
        "addons": [addon.code for addon in family.addons],
        "default": family.default.code if family.default else None,
        "mandatory": family.mandatory,
        "exclusive": family.is_exclusive,
    }


def products(plans: list[Plan]) -> list[Json]:
    """Hardware in detail, one row per name."""
    rows: dict[str, Json] = {}
    for plan in plans:
        cpu = plan.cpu
        rows[plan.product] = {
            "name": plan.product,
            "description": f"Dedicated server {plan.label}",
            "blobs": {
                "technical": {
                    "server": {
                        "cpu": {
                            "brand": cpu.brand,
                            "model": cpu.model,
                            "cores": cpu.cores,
                            "threads": cpu.threads,
                            "frequency": cpu.frequency,
                            "boost": cpu.boost,
                            "score": cpu.score,
                        }
                    }
                }
            },
        }
        for addon in every_addon(plan):
            part = addon.product
            blobs = {"technical": technical(part)}
            rows[part] = {"name": part, "description": describe(part), "blobs": blobs}
    return list(rows.values())
