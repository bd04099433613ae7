"""The three hosts of the API: who buys there, in which money, from which datacenters."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

from emulators.wsgi import HttpError


@dataclass(frozen=True, slots=True)
class Market:
    """Money and tax of one subsidiary. `rate` turns list prices in euro into its currency, in
    thousandths; `tax` is in thousandths of a percent."""

    currency: str
    symbol: str
    tax: int
    rate: int


@dataclass(frozen=True, slots=True)
class Host:
    """One host with its own accounts, subsidiaries, plans and stock."""

    name: str
    offset_hours: int
    markets: dict[str, Market]
    regions: tuple[str, ...]
    order_action: str  # IAM actions were renamed in Europe only
    service_domain: str

    def market(self, subsidiary: str) -> Market | None:
        """Money of a subsidiary, None when it does not belong to this host."""
        return self.markets.get(subsidiary)

    def date(self, moment: float) -> str:
        """A moment as the host writes it: ISO 8601 with its own offset."""
        zone = timezone(timedelta(hours=self.offset_hours))
        return datetime.fromtimestamp(moment, zone).isoformat(timespec="seconds")

    def bare_date(self, moment: float) -> str:
        """A moment of an order's history: a space, no offset."""
        return self.date(moment)[:19].replace("T", " ")


def utc_date(moment: float) -> str:
    """A moment in UTC, as carts write it."""
    return datetime.fromtimestamp(moment, UTC).isoformat(timespec="seconds")


def euro(tax: int) -> Market:
    """A subsidiary that pays in euro."""
    return Market("EUR", "€", tax, 1000)


EU = Host(
    name="eu",
    offset_hours=1,
    markets={
        "CZ": euro(21000),
        "DE": euro(19000),
        "ES": euro(21000),
        "FI": euro(25500),
        "FR": euro(20000),
        "GB": Market("GBP", "£", 20000, 860),
        "IE": euro(23000),
        "IT": euro(22000),
        "LT": euro(21000),
        "MA": Market("MAD", "MAD", 20000, 10800),
        "NL": euro(21000),
        "PL": Market("PLN", "zł", 23000, 4300),
        "PT": euro(23000),
        "SN": euro(18000),
        "TN": euro(19000),
    },
    regions=("canada", "europe"),
    order_action="order:apiovh:cart",
    service_domain="eu",
)
CA = Host(
    name="ca",
    offset_hours=-5,
    markets={
        "ASIA": Market("USD", "$", 0, 1000),
        "AU": Market("AUD", "$", 10000, 1600),
        "CA": Market("CAD", "$", 5000, 1400),
        "IN": Market("INR", "₹", 18000, 90000),
        "QC": Market("CAD", "$", 14975, 1400),
        "SG": Market("SGD", "$", 9000, 1450),
        "WE": Market("USD", "$", 0, 1000),
        "WS": Market("USD", "$", 0, 1000),
    },
    regions=("canada",),
    order_action="account:apiovh:order/cart",
    service_domain="net",
)
US = Host(
    name="us",
    offset_hours=-5,
    markets={"US": Market("USD", "$", 0, 1000)},
    regions=("united_states",),
    order_action="account:apiovh:order/cart",
    service_domain="us",
)
HOSTS = {host.name: host for host in (EU, CA, US)}


def find_host(name: str) -> Host:
    """A host by its name; raises HttpError 404."""
    host = HOSTS.get(name)
    if host is None:
        raise HttpError(404, f"unknown host {name!r}: one of {', '.join(HOSTS)}")
    return host
