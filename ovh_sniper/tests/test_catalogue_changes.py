"""What changes in a price list is noticed: plans, prices and promotions."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest
from django.db import IntegrityError

from emulators.clock import ManualClock
from ovh_sniper.gateways.catalogue import Catalogue, Plan
from ovh_sniper.gateways.ovh import Host, shelf
from ovh_sniper.models import CatalogueChange, StoredCatalogue, StoredPlan
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.tests import buyer

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
FR = (Host.EU, "FR")
Kind = CatalogueChange.Kind
pytestmark = pytest.mark.django_db


class Edited:
    """OVH's list with plans left out or added, which the emulator's line-up never does."""

    def __init__(self, *, without: str = "", also: dict[str, Plan] | None = None) -> None:
        self.without, self.also = without, also or {}

    def __call__(self, host: Host) -> Any:
        return self

    def catalogue(self, subsidiary: str) -> Catalogue:
        real = shelf(Host.EU).catalogue(subsidiary)
        plans = {code: plan for code, plan in real.plans.items() if code != self.without}
        return replace(real, id=real.id + 1, plans={**plans, **self.also})


@pytest.fixture
def now(ovh_emulator: OvhEmulator) -> datetime:
    return buyer.now(ovh_emulator).replace(microsecond=0)


def found() -> list[tuple[str, str]]:
    rows = CatalogueChange.objects.order_by("pk")
    return [(one.plan_code, one.kind) for one in rows]


def plan(code: str = "27sk15") -> StoredPlan:
    return StoredPlan.objects.get(plan_code=code)


def test_the_first_fetch_is_no_news(now: datetime) -> None:
    assert catalogues.refresh(*FR, now)
    assert found() == []
    assert StoredPlan.objects.count() > 10
    row = plan()
    assert (row.name, row.range, row.promotion) == ("KS-15 | AMD Ryzen 5600", "kimsufi", "")
    assert row.setup == row.first_period == row.renewal > 0
    assert "gra" in row.datacenters


def test_nothing_new_is_no_news(now: datetime) -> None:
    catalogues.refresh(*FR, now)
    assert not catalogues.refresh(*FR, now + DAY)
    assert found() == []
    assert StoredCatalogue.objects.get().changed_at == now


def test_a_price_that_moved_is_noticed_with_what_it_was(
    ovh_emulator: OvhEmulator, now: datetime
) -> None:
    catalogues.refresh(*FR, now)
    was = plan().renewal
    ovh_emulator.set_price("eu", "27sk15", month="14.99")
    assert catalogues.refresh(*FR, now + DAY)
    change = CatalogueChange.objects.get()
    assert (change.kind, change.name) == (Kind.PRICE, "KS-15 | AMD Ryzen 5600")
    assert (change.before["renewal"], change.after["renewal"]) == (f"{was:.2f}", "14.99")
    assert change.after["currency"] == "EUR"
    assert change.noticed_at == now + DAY
    assert plan().renewal == Decimal("14.99")


def test_an_addon_that_moved_changes_the_list_but_no_plan(
    ovh_emulator: OvhEmulator, now: datetime
) -> None:
    catalogues.refresh(*FR, now)
    ovh_emulator.set_price("eu", "ram-128g-ecc-3200-27sk15", month="50")
    assert catalogues.refresh(*FR, now + DAY)
    assert found() == []


@pytest.mark.parametrize("capacity", ["installation", "renew"])
def test_a_promotion_that_begins_and_ends_is_noticed_both_times(
    ovh_emulator: OvhEmulator, ovh_clock: ManualClock, now: datetime, capacity: str
) -> None:
    catalogues.refresh(*FR, now)
    usual = plan()
    ends = now + 3 * HOUR
    ovh_emulator.add_promotion(
        "eu", "27sk15", "1.00", capacity=capacity, name="Spring", ends=ends.timestamp()
    )
    catalogues.refresh(*FR, now + HOUR)
    cheap = plan()
    assert (cheap.promotion, cheap.promotion_ends_at) == ("Spring", ends)
    assert cheap.renewal == usual.renewal
    assert (cheap.setup if capacity == "installation" else cheap.first_period) == 1
    ovh_clock.advance(3 * 3600)
    catalogues.refresh(*FR, ends)
    began, ended = CatalogueChange.objects.order_by("pk")
    assert (began.kind, began.before["promotion"], began.after["promotion"]) == (
        Kind.PROMOTION,
        "",
        "Spring",
    )
    assert began.after["promotion_ends_at"] == ends.isoformat()
    assert (ended.kind, ended.before["promotion"], ended.after["promotion"]) == (
        Kind.PROMOTION,
        "Spring",
        "",
    )
    assert plan().first_period == usual.first_period


def test_a_promotion_ends_by_itself_without_a_new_list(
    ovh_emulator: OvhEmulator, now: datetime
) -> None:
    # the emulator's clock stands still, so its list is the same afterwards
    ovh_emulator.add_promotion("eu", "27sk15", "1", ends=(now + 2 * HOUR).timestamp())
    catalogues.refresh(*FR, now)
    assert StoredCatalogue.objects.get().retry_at == now + 2 * HOUR
    digest = StoredCatalogue.objects.get().digest
    assert catalogues.refresh(*FR, now + 2 * HOUR)
    assert StoredCatalogue.objects.get().digest == digest
    assert found() == [("27sk15", Kind.PROMOTION)]


def test_a_promotion_with_another_renewal_is_two_changes(
    ovh_emulator: OvhEmulator, now: datetime
) -> None:
    catalogues.refresh(*FR, now)
    ovh_emulator.add_promotion("eu", "27sk15", "0")
    ovh_emulator.set_price("eu", "27sk15", month="14.99")
    catalogues.refresh(*FR, now + DAY)
    assert found() == [("27sk15", Kind.PROMOTION), ("27sk15", Kind.PRICE)]


def test_a_promotion_that_makes_nothing_cheaper_is_none(
    ovh_emulator: OvhEmulator, now: datetime
) -> None:
    catalogues.refresh(*FR, now)
    ovh_emulator.add_promotion("eu", "27sk15", "500", capacity="renew")
    catalogues.refresh(*FR, now + DAY)
    assert (found(), plan().promotion) == ([], "")


def test_plans_that_come_and_go_are_noticed(now: datetime) -> None:
    catalogues.refresh(*FR, now)
    like = shelf(Host.EU).catalogue("FR").plans["27sk15"]
    novel = replace(like, code="28new01", name="NEW-1 | Ryzen")
    catalogues.refresh(*FR, now + DAY, shelf=Edited(without="27sk15", also={"28new01": novel}))
    assert found() == [("28new01", Kind.NEW), ("27sk15", Kind.GONE)]
    new, gone = CatalogueChange.objects.order_by("pk")
    assert (new.before, new.after["currency"], new.name) == ({}, "EUR", "NEW-1 | Ryzen")
    assert (gone.after, gone.before["currency"]) == ({}, "EUR")
    assert set(StoredPlan.objects.values_list("plan_code", flat=True)) >= {"28new01"}
    assert not StoredPlan.objects.filter(plan_code="27sk15").exists()


def test_a_plan_without_a_monthly_price_is_not_listed(now: datetime) -> None:
    like = shelf(Host.EU).catalogue("FR").plans["27sk15"]
    yearly = tuple(one for one in like.pricings if one.mode == "upfront12")
    odd = replace(like, code="28odd01", pricings=yearly)
    catalogues.refresh(*FR, now, shelf=Edited(also={"28odd01": odd}))
    assert not StoredPlan.objects.filter(plan_code="28odd01").exists()


def test_amounts_finer_than_a_row_holds_are_no_change_each_day(now: datetime) -> None:
    like = shelf(Host.EU).catalogue("FR").plans["27sk15"]
    fine = tuple(replace(one, price=Decimal("9.12345678")) for one in like.pricings)
    edited = Edited(also={"27sk15": replace(like, pricings=fine)})
    catalogues.refresh(*FR, now, shelf=edited)
    assert not catalogues.refresh(*FR, now + DAY, shelf=edited)
    assert found() == []


def test_rows_of_other_price_lists_stay_as_they_are(now: datetime) -> None:
    catalogues.refresh(Host.CA, "QC", now)
    canada = list(StoredPlan.objects.order_by("pk").values())
    catalogues.refresh(*FR, now)
    assert list(StoredPlan.objects.filter(catalogue__host="ca").order_by("pk").values()) == canada


def test_a_list_and_its_changes_are_written_together_or_not_at_all(
    ovh_emulator: OvhEmulator, now: datetime
) -> None:
    catalogues.refresh(*FR, now)
    before = StoredCatalogue.objects.values("digest", "fetched_at").get()
    like = shelf(Host.EU).catalogue("FR").plans["27sk15"]
    # a plan without a name is refused by the database, after the others were written
    broken = replace(like, code="28bad01", name=None)  # type: ignore[arg-type]
    ovh_emulator.set_price("eu", "27sk15", month="14.99")
    with pytest.raises((IntegrityError, TypeError)):
        catalogues.refresh(*FR, now + DAY, shelf=Edited(also={"28bad01": broken}))
    assert StoredCatalogue.objects.values("digest", "fetched_at").get() == before
    assert plan().renewal != Decimal("14.99")
    assert found() == []
