"""Money in integers of 1e-8 currency units, which the API calls micro-cents."""

from decimal import Decimal

from emulators.ovh.hosts import Market
from emulators.wsgi import Json

UNIT = 10**8
CENT = 10**6


def ucents(amount: str | int | Decimal) -> int:
    """`"12.99"` -> 1299000000."""
    return int(Decimal(str(amount)) * UNIT)


def convert(price: int, market: Market) -> int:
    """A list price in the money of a market, rounded to a cent."""
    return (price * market.rate // 1000 + CENT // 2) // CENT * CENT


def tax_of(price: int, market: Market) -> int:
    """The tax on a price, rounded to a cent."""
    return (price * market.tax // 100_000 + CENT // 2) // CENT * CENT


def show(price: int, market: Market) -> Json:
    """A price as carts and orders show it. `value` is a float there too; count with ucents."""
    value = price / UNIT
    text = f"{value:.2f} {market.symbol}" if market.symbol == "€" else f"{market.symbol}{value:.2f}"
    return {
        "currencyCode": market.currency,
        "priceInUcents": price,
        "text": text,
        "value": round(value, 2),
    }
