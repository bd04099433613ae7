"""Price lists: fetched from OVH, kept exactly, read often and cheaply, and priced from."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ovh_sniper.gateways.catalogue import Addon, Catalogue, Family, Plan, Pricing, Promotion
from ovh_sniper.gateways.ovh import Host, StockRow, shelf
from ovh_sniper.models import StoredCatalogue, Wish
from ovh_sniper.services.catalogue import catalogues, storage
from ovh_sniper.testing import fetch_catalogue, make_account, make_wish
from ovh_sniper.tests.buyer import best_row
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FR = (Host.EU, "FR")
pytestmark = pytest.mark.django_db


def stored(host: str = "eu", subsidiary: str = "FR") -> StoredCatalogue:
    return StoredCatalogue.objects.get(host=host, subsidiary=subsidiary)


def statements(act: object) -> list[str]:
    assert callable(act)
    with CaptureQueriesContext(connection) as seen:
        act()
    return [one["sql"] for one in seen.captured_queries]


# --- Kept


def test_what_is_kept_is_what_ovh_said(ovh_emulator: OvhEmulator) -> None:
    assert catalogues.current(*FR) is None
    assert catalogues.refresh(*FR, NOW)
    assert catalogues.current(*FR) == shelf(Host.EU).catalogue("FR")


def test_amounts_and_times_survive_to_the_last_digit() -> None:
    begins = datetime(2027, 3, 1, 8, 59, 59, 999999, tzinfo=UTC)
    off = Promotion("Märzangebot", begins, None, Decimal("0.00000001"))
    pricing = Pricing("renew", "default", 1, 0, Decimal("12.99000001"), (off,), 2)
    catalogue = Catalogue(
        id=2**40,
        subsidiary="DE",
        currency="EUR",
        tax_rate=Decimal("8.1"),
        plans={
            "p": Plan(
                "p",
                "p",
                "KS | Ryzen",
                "",
                (Family("memory", ("m",), "m", is_mandatory=True, is_exclusive=False),),
                {"region": ("europe", "canada")},
                (pricing,),
            )
        },
        addons={"m": Addon("m", "ram", "RAM", (pricing,))},
    )
    body, _digest = storage.pack(catalogue)
    assert storage.unpack(body) == catalogue


@pytest.mark.parametrize("body", [b"", b"no zip", b"x\x9cK\xcb\xcf\x07\x00\x02\x82\x01E"])
def test_a_body_that_cannot_be_read_is_no_price_list(
    ovh_emulator: OvhEmulator, body: bytes
) -> None:
    catalogues.refresh(*FR, NOW)
    StoredCatalogue.objects.update(body=body, digest="another")
    assert catalogues.current(*FR) is None
    with pytest.raises(storage.Unreadable):
        storage.unpack(body)


def test_a_look_costs_one_light_query(ovh_emulator: OvhEmulator) -> None:
    catalogues.refresh(*FR, NOW)
    catalogues.current(*FR)
    (only,) = statements(lambda: catalogues.current(*FR))
    assert '"body"' not in only
    assert catalogues.current(*FR) is catalogues.current(*FR)


def test_every_process_sees_a_new_list_at_once(ovh_emulator: OvhEmulator) -> None:
    catalogues.refresh(*FR, NOW)
    before = catalogues.current(*FR)
    ovh_emulator.set_price("eu", "27sk15", month="14.99")
    assert catalogues.refresh(*FR, NOW + DAY)
    after = catalogues.current(*FR)
    assert before is not None
    assert after is not None
    assert before.price("27sk15", at=NOW) != after.price("27sk15", at=NOW)
    assert after.price("27sk15", at=NOW).renewal == Decimal("14.99")  # type: ignore[union-attr]


def test_each_host_and_subsidiary_has_its_own(ovh_emulator: OvhEmulator) -> None:
    for host, subsidiary in (("eu", "FR"), ("ca", "QC"), ("us", "US")):
        fetch_catalogue(host, subsidiary)
    assert [one.currency for one in StoredCatalogue.objects.order_by("host")] == [
        "CAD",
        "EUR",
        "USD",
    ]
    france, states = catalogues.current(*FR), catalogues.current(Host.US, "US")
    assert france is not None
    assert states is not None
    assert ("27sk15" in france.plans, "27sk15" in states.plans) == (True, False)


# --- Prices


def test_a_stock_row_has_the_price_of_its_very_hardware(ovh_emulator: OvhEmulator) -> None:
    fetch_catalogue()
    row = best_row(Host.EU)
    price = catalogues.price_of(*FR, row, {})
    catalogue = shelf(Host.EU).catalogue("FR")
    bare = catalogue.price("27sk15", at=NOW)
    named = [
        one
        for one in catalogue.addons.values()
        if one.code in (catalogue.addons_of(row) or {}).values()
    ]
    assert price is not None
    assert bare is not None
    assert {one.product for one in named} >= {row.memory, row.storage}
    assert price.renewal == bare.renewal + sum(
        pricing.price
        for one in named
        for pricing in one.pricings
        if (pricing.capacity, pricing.mode) == ("renew", "default")
    )
    assert price.renewal > bare.renewal


def test_an_extra_is_part_of_the_price(ovh_emulator: OvhEmulator) -> None:
    fetch_catalogue()
    row = shelf(Host.EU).availabilities("27rise03").rows[0]
    dear = "bandwidth-1000-unguaranteed-27rise"
    ovh_emulator.set_price("eu", dear, month="7.77")
    fetch_catalogue()
    usual = catalogues.price_of(*FR, row, {})
    faster = catalogues.price_of(*FR, row, {"bandwidth": dear})
    assert usual is not None
    assert faster is not None
    assert faster.renewal - usual.renewal == Decimal("7.77")


@pytest.mark.parametrize(
    "extras",
    [{"bandwidth": "no-such-addon"}, {"no-such-family": "x"}, {"memory": "bandwidth-500-27sk15"}],
)
def test_an_extra_that_the_plan_has_not_makes_no_price(
    ovh_emulator: OvhEmulator, extras: dict[str, str]
) -> None:
    fetch_catalogue()
    assert catalogues.price_of(*FR, best_row(Host.EU), extras) is None


def test_what_the_list_does_not_know_has_no_price(ovh_emulator: OvhEmulator) -> None:
    row = best_row(Host.EU)
    assert catalogues.price_of(*FR, row, {}) is None  # nothing was fetched
    fetch_catalogue()
    unknown = row._replace(memory="ram-1t-ecc-9600")
    unsold = StockRow("x", "26scale9", "", "", "", "", "", ())
    assert catalogues.price_of(*FR, unknown, {}) is None
    assert catalogues.price_of(*FR, unsold, {}) is None


# --- Which, and when


def test_those_are_wanted_that_accounts_and_watched_wishes_need(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    make_account(tenant, "ca", subsidiary="")  # not reached yet
    for number, subsidiary in enumerate(("DE", "DE", "PL", "IT", "ES")):
        state = Wish.State.DONE if subsidiary == "PL" else Wish.State.ARMED
        track = Wish.Track.VPS if subsidiary == "IT" else Wish.Track.DEDICATED
        wish = make_wish(account, mode=Wish.Mode.ALERT, name=str(number))
        with scope(tenant):
            Wish.objects.filter(pk=wish.pk).update(subsidiary=subsidiary, state=state, track=track)
    assert catalogues.wanted() == {FR, (Host.EU, "DE"), (Host.EU, "ES")}
    Tenant.objects.update(state=Tenant.State.SUSPENDED)
    assert catalogues.wanted() == set()


def test_one_that_is_wanted_is_due_at_once_and_then_a_day_later(
    ovh_emulator: OvhEmulator,
) -> None:
    catalogues.ensure(*FR)
    catalogues.ensure(*FR)
    at = stored().retry_at
    assert at is not None
    assert catalogues.due(at, 10) == [FR]
    catalogues.refresh(*FR, at)
    assert catalogues.due(at + DAY - HOUR, 10) == []
    assert catalogues.due(at + DAY, 10) == [FR]


def test_one_of_two_workers_takes_it_and_a_dead_one_loses_it(ovh_emulator: OvhEmulator) -> None:
    catalogues.ensure(*FR)
    at = stored().retry_at
    assert at is not None
    assert [catalogues.claim(*FR, at), catalogues.claim(*FR, at)] == [True, False]
    assert catalogues.due(at, 10) == []
    assert catalogues.due(at + catalogues.HOLD, 10) == [FR]


def test_plans_that_no_list_knows_bring_the_fetch_forward_once_an_hour(
    ovh_emulator: OvhEmulator,
) -> None:
    catalogues.refresh(*FR, NOW)
    catalogues.unknown_plans(Host.EU, ["27sk15"], NOW + 2 * HOUR)
    assert stored().retry_at == NOW + DAY
    catalogues.unknown_plans(Host.CA, ["28new01"], NOW + 2 * HOUR)
    assert stored().retry_at == NOW + DAY
    catalogues.unknown_plans(Host.EU, ["27sk15", "28new01"], NOW + 2 * HOUR)
    assert catalogues.due(NOW + 2 * HOUR, 10) == [FR]
    catalogues.refresh(*FR, NOW + 2 * HOUR)
    catalogues.unknown_plans(Host.EU, ["28new01"], NOW + 2 * HOUR)
    assert catalogues.due(NOW + 3 * HOUR - timedelta(seconds=1), 10) == []
    assert catalogues.due(NOW + 3 * HOUR, 10) == [FR]


def test_a_promotion_that_ends_brings_the_fetch_forward(ovh_emulator: OvhEmulator) -> None:
    ends = NOW + 5 * HOUR
    ovh_emulator.add_promotion("eu", "27sk15", "0", ends=ends.timestamp())
    catalogues.refresh(*FR, NOW)
    assert stored().retry_at == ends
