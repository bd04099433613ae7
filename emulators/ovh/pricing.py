"""Price rows of plans and addons: setup, month, commitments, promotions."""

from dataclasses import dataclass

from emulators.ovh.hosts import Host, Market, utc_date
from emulators.ovh.money import convert, show, tax_of
from emulators.ovh.plans import Addon, Plan
from emulators.wsgi import Json

SETUP, RENEW = "installation", "renew"


@dataclass(frozen=True, slots=True)
class Term:
    """A way to pay. `percent` is what the whole period costs against plain months."""

    duration: str
    mode: str
    months: int
    percent: int
    commitment: int


TERMS = (
    Term("P1M", "default", 1, 100, 0),
    Term("P1Y", "upfront12", 12, 90, 12),
    Term("P2Y", "upfront24", 24, 80, 24),
    Term("P1M", "degressivity12", 1, 95, 12),
)
SETUP_TERM = Term("P0D", "default", 0, 100, 0)


@dataclass(slots=True)
class Promotion:
    """A price after promotion, list price in 1e-8 currency units; moments in Unix seconds."""

    host: str
    code: str
    capacity: str  # installation or renew, default mode
    price: int
    name: str
    description: str = ""
    starts: float | None = None
    ends: float | None = None

    def runs(self, now: float) -> bool:
        """It counts at this moment."""
        return (self.starts or 0.0) <= now and (self.ends is None or now < self.ends)


@dataclass(frozen=True, slots=True)
class Price:
    """One row. Amounts in 1e-8 units of the market's currency, without tax."""

    term: Term
    capacity: str
    before: int
    after: int
    promotion: Promotion | None


class PriceList:
    """List prices of one host that were changed by hand, and its promotions."""

    def __init__(self, host: Host) -> None:
        self.host = host
        self.changed: dict[str, tuple[int | None, int | None]] = {}  # code -> (month, setup)
        self.promotions: dict[str, list[Promotion]] = {}

    def rows(self, sold: Plan | Addon, market: Market, now: float) -> list[Price]:
        """Every row of a plan or an addon; a plan's setup costs one month."""
        month, setup = self.changed.get(sold.code, (None, None))
        month = sold.month if month is None else month
        if setup is None:
            setup = month if isinstance(sold, Plan) else 0
        rows = [self._row(sold.code, SETUP_TERM, setup, market, now)]
        for term in TERMS:
            price = month * term.months * term.percent // 100
            rows.append(self._row(sold.code, term, price, market, now))
        return rows

    def _row(self, code: str, term: Term, listed: int, market: Market, now: float) -> Price:
        capacity = RENEW if term.months else SETUP
        before = convert(listed, market)
        promotion = self._promotion(code, capacity, now) if term.mode == "default" else None
        after = before if promotion is None else min(before, convert(promotion.price, market))
        return Price(term, capacity, before, after, promotion)

    def _promotion(self, code: str, capacity: str, now: float) -> Promotion | None:
        running = (
            promotion
            for promotion in self.promotions.get(code, ())
            if promotion.capacity == capacity and promotion.runs(now)
        )
        return next(running, None)

    def running(self, now: float) -> tuple[tuple[str, str], ...]:
        """Which promotions count now: a catalogue written before is stale when this differs."""
        return tuple(
            (promotion.code, promotion.name)
            for promotions in self.promotions.values()
            for promotion in promotions
            if promotion.runs(now)
        )


def find_terms(rows: list[Price], duration: str, mode: str) -> tuple[Price, Price] | None:
    """Setup and period of an item with this duration and pricing mode."""
    setup = next(row for row in rows if row.capacity == SETUP)
    for row in rows:
        if row.capacity == RENEW and (row.term.duration, row.term.mode) == (duration, mode):
            return setup, row
    return None


def catalogue_row(price: Price, market: Market, most: int) -> Json:
    """A row of `pricings` in the catalogue."""
    term = price.term
    return {
        "phase": 1 if term.months else 0,
        "capacities": [price.capacity],
        "commitment": term.commitment,
        "description": "Installation" if not term.months else f"Rental for {term.months} month(s)",
        "interval": term.months,
        "intervalUnit": "month" if term.months else "none",
        "mode": term.mode,
        "mustBeCompleted": False,
        "price": price.before,
        "tax": tax_of(price.before, market),
        "quantity": {"min": 1, "max": most},
        "repeat": {"min": 1, "max": None if term.months else 1},
        "strategy": "tiered",
        "type": "rental",
        "promotions": [promotion_row(price, market)] if price.promotion else [],
    }


def promotion_row(price: Price, market: Market) -> Json:
    """`total.value` is what is billed."""
    promotion = price.promotion
    if promotion is None:
        raise ValueError("the price has no promotion")
    off = price.before - price.after
    return {
        "name": promotion.name,
        "description": promotion.description,
        "startDate": None if promotion.starts is None else utc_date(promotion.starts),
        "endDate": None if promotion.ends is None else utc_date(promotion.ends),
        "type": "fixed",
        "value": off,
        "discount": {"tax": tax_of(off, market), "value": off},
        "total": {"tax": tax_of(price.after, market), "value": price.after},
    }


def offer_row(price: Price, market: Market, most: int) -> Json:
    """A row of `prices` in a cart's offers."""
    term = price.term
    return {
        "capacities": [price.capacity],
        "description": "Installation" if not term.months else "Rental",
        "duration": term.duration,
        "interval": term.months,
        "minimumQuantity": 1,
        "maximumQuantity": most,
        "minimumRepeat": 1,
        "maximumRepeat": None if term.months else 1,
        "price": money_text(price.after, market),
        "priceInUcents": price.after,
        "pricingMode": term.mode,
        "pricingType": "rental",
    }


def money_text(price: int, market: Market) -> Json:
    """The small form of a price: no ucents."""
    full = show(price, market)
    return {key: full[key] for key in ("currencyCode", "text", "value")}
