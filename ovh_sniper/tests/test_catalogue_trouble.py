"""A price list that cannot be fetched: the old one stays, and the waits grow."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from ovh_sniper.gateways.catalogue import Catalogue
from ovh_sniper.gateways.ovh import Host
from ovh_sniper.models import StoredCatalogue, StoredPlan
from ovh_sniper.services.catalogue import catalogues

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
FR = (Host.EU, "FR")
pytestmark = pytest.mark.django_db


def stored(host: str = "eu", subsidiary: str = "FR") -> StoredCatalogue:
    return StoredCatalogue.objects.get(host=host, subsidiary=subsidiary)


@pytest.mark.parametrize("kind", ["throttled", "html", "null", "empty", "drop"])
def test_a_failure_keeps_the_old_list(ovh_emulator: OvhEmulator, kind: str) -> None:
    catalogues.refresh(*FR, NOW)
    before = catalogues.current(*FR)
    ovh_emulator.set_price("eu", "27sk15", month="99")
    ovh_emulator.fault(kind, path="/order/catalog*", times=1)
    assert not catalogues.refresh(*FR, NOW + DAY)
    row = stored()
    assert (row.fetched_at, row.failures, bool(row.last_error)) == (NOW, 1, True)
    assert catalogues.current(*FR) == before
    assert StoredPlan.objects.get(plan_code="27sk15").renewal < 99
    assert catalogues.refresh(*FR, NOW + DAY + HOUR)
    assert (stored().failures, stored().last_error) == (0, "")
    assert StoredPlan.objects.get(plan_code="27sk15").renewal == 99


def test_each_failure_in_a_row_waits_longer(ovh_emulator: OvhEmulator) -> None:
    ovh_emulator.fault("html", path="/order/catalog*", times=0)
    waits = []
    for _time in range(8):
        catalogues.refresh(*FR, NOW)
        waits.append(round((stored().retry_at - NOW).total_seconds() / 60))  # type: ignore[operator]
    assert waits == [1, 2, 4, 8, 16, 32, 60, 60]
    # a hint changes nothing of it
    catalogues.unknown_plans(Host.EU, ["28new01"], NOW)
    assert stored().retry_at == NOW + HOUR


def test_a_subsidiary_that_the_host_has_not_is_asked_for_seldom(
    ovh_emulator: OvhEmulator,
) -> None:
    assert not catalogues.refresh(Host.EU, "US", NOW)
    assert "ovhSubsidiary" in stored("eu", "US").last_error
    assert stored("eu", "US").retry_at == NOW + HOUR


def test_a_list_without_plans_is_no_list(ovh_emulator: OvhEmulator) -> None:
    catalogues.refresh(*FR, NOW)
    before = catalogues.current(*FR)
    assert before is not None

    class Empty:
        def catalogue(self, subsidiary: str) -> Catalogue:
            return Catalogue(1, subsidiary, "EUR", Decimal(20), {}, {})

    assert not catalogues.refresh(*FR, NOW + DAY, shelf=lambda host: Empty())  # type: ignore[arg-type,return-value]
    assert catalogues.current(*FR) == before
    assert stored().last_error


def test_what_was_fetched_earlier_does_not_come_over_what_was_fetched_later(
    ovh_emulator: OvhEmulator,
) -> None:
    catalogues.refresh(*FR, NOW + HOUR)
    ovh_emulator.set_price("eu", "27sk15", month="99")
    assert not catalogues.refresh(*FR, NOW)
    assert StoredPlan.objects.get(plan_code="27sk15").renewal < 99
