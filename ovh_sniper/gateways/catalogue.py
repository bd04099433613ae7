"""The price list of a subsidiary, and what we ask it: which addons, how many, how much."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from ovh_sniper.gateways.stock import StockRow

CENT = Decimal("0.01")


@dataclass(frozen=True, slots=True)
class Promotion:
    """A price that replaces the usual one for a time (None: without a limit)."""

    name: str
    starts_at: datetime | None
    ends_at: datetime | None
    price: Decimal

    def is_on(self, at: datetime) -> bool:
        """Tell whether it counts at that time."""
        started = self.starts_at is None or self.starts_at <= at
        return started and (self.ends_at is None or at < self.ends_at)


@dataclass(frozen=True, slots=True)
class Pricing:
    """A price without tax: `installation` is paid once, `renew` every `months` months."""

    capacity: str
    mode: str  # default (no commitment), upfront12, degressivity12, ...
    months: int
    commitment: int  # months
    price: Decimal
    promotions: tuple[Promotion, ...]
    max_quantity: int  # of one cart

    def due(self, at: datetime) -> Decimal:
        """Return the price at a time, with the best promotion that is on."""
        return min([self.price, *(one.price for one in self.promotions if one.is_on(at))])


@dataclass(frozen=True, slots=True)
class Family:
    """A choice within a plan, such as `memory`; exclusive: exactly one of them."""

    name: str
    addons: tuple[str, ...]
    default: str
    is_mandatory: bool
    is_exclusive: bool


@dataclass(frozen=True, slots=True)
class Addon:
    """What a family offers; `product` is what the stock list calls it."""

    code: str
    product: str
    name: str
    pricings: tuple[Pricing, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """A server that is sold; `configurations` are labels with the values that OVH takes."""

    code: str
    product: str
    name: str
    range: str  # kimsufi, soyoustart, rise; often empty
    families: tuple[Family, ...]
    configurations: Mapping[str, tuple[str, ...]]
    pricings: tuple[Pricing, ...]

    @property
    def datacenters(self) -> tuple[str, ...]:
        """Where it can be ordered."""
        return self.configurations.get("dedicated_datacenter", ())

    def family(self, name: str) -> Family | None:
        """Return the choice of that name."""
        return next((one for one in self.families if one.name == name), None)

    def max_quantity(self, mode: str = "default") -> int:
        """Return how many one cart takes; 1 where OVH does not say."""
        renew = _pricing(self.pricings, "renew", mode)
        return renew.max_quantity if renew else 1


@dataclass(frozen=True, slots=True)
class Price:
    """What one server costs: now (setup and first period, promotions applied), and to renew.

    All without tax but `with_tax`. `renewal` counts no promotion: how long one lasts beyond the
    first period is not in the catalogue.
    """

    currency: str
    setup: Decimal
    first_period: Decimal
    without_tax: Decimal
    tax: Decimal
    with_tax: Decimal
    renewal: Decimal
    months: int


@dataclass(frozen=True, slots=True)
class Catalogue:
    """All plans of a subsidiary. `id` changes with the contents; `tax_rate` is in percent."""

    id: int
    subsidiary: str
    currency: str
    tax_rate: Decimal
    plans: Mapping[str, Plan]
    addons: Mapping[str, Addon]

    def addons_of(self, row: StockRow) -> dict[str, str] | None:
        """Return family -> addon code for the hardware of a stock row, and defaults for the rest.

        None where the plan is not sold here, a part has no addon or more than one: such a row may
        be told about, but never ordered unattended, or OVH would fill in other hardware.
        """
        plan = self.plans.get(row.plan_code)
        if plan is None:
            return None
        parts = {"memory": row.memory, "storage": row.storage, "system-storage": row.system_storage}
        if row.gpu:
            parts["gpu"] = row.gpu
        if any(product and plan.family(name) is None for name, product in parts.items()):
            return None
        chosen = {}
        for family in plan.families:
            code = self._choose(family, parts.get(family.name))
            if code is None:
                return None
            if code:
                chosen[family.name] = code
        return chosen

    def _choose(self, family: Family, product: str | None) -> str | None:
        """Return the one addon that fits, "" where none is needed, None where none is certain.

        `product` None: no hardware that the stock list tells apart, so the default does.
        """
        if not product and not family.is_mandatory:
            return ""
        if product is None:
            return family.default or None
        codes = [code for code in family.addons if product in ("", self._product(code))]
        return codes[0] if len(codes) == 1 else None

    def _product(self, code: str) -> str:
        addon = self.addons.get(code)
        return addon.product if addon else ""

    def price(
        self, plan_code: str, addons: Iterable[str] = (), *, mode: str = "default", at: datetime
    ) -> Price | None:
        """Return what one server with these addons costs; None where OVH names no price for it."""
        plan = self.plans.get(plan_code)
        extras = [self.addons.get(code) for code in addons]
        if plan is None or None in extras:
            return None
        parts = [plan.pricings, *(addon.pricings for addon in extras if addon)]
        renewals = [_pricing(part, "renew", mode) for part in parts]
        if (renew := renewals[0]) is None or None in renewals:
            return None
        setups = [_pricing(part, "installation", mode) for part in parts]
        setup = sum((one.due(at) for one in setups if one), Decimal(0))
        first = sum((one.due(at) for one in renewals if one), Decimal(0))
        tax = ((setup + first) * self.tax_rate / 100).quantize(CENT, ROUND_HALF_UP)
        return Price(
            currency=self.currency,
            setup=setup,
            first_period=first,
            without_tax=setup + first,
            tax=tax,
            with_tax=setup + first + tax,
            renewal=sum((one.price for one in renewals if one), Decimal(0)),
            months=renew.months,
        )


def _pricing(pricings: Iterable[Pricing], capacity: str, mode: str) -> Pricing | None:
    """Return the price of a mode with the shortest interval."""
    fitting = [one for one in pricings if one.capacity == capacity and one.mode == mode]
    return min(fitting, key=lambda one: one.months, default=None)
