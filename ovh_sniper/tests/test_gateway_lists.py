"""The lists of whole hosts, as long as the real ones, and what they say of each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ovh_sniper.gateways.ovh import Host, shelf
from ovh_sniper.tests.buyer import now

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.usefixtures("whole_assortment")


@pytest.mark.parametrize(("host", "at_least"), [(Host.EU, 8_000), (Host.US, 15_000)])
def test_the_list_of_a_host(ovh_emulator: OvhEmulator, host: Host, at_least: int) -> None:
    public = shelf(host)
    everything = public.availabilities()
    assert len(everything.rows) > at_least
    assert len({row.fqn for row in everything.rows}) == len(everything.rows)
    again = public.availabilities(etag=everything.etag, digest=everything.digest)
    assert again.is_unchanged
    plan = everything.rows[0].plan_code
    only = tuple(row for row in everything.rows if row.plan_code == plan)
    assert set(public.availabilities(plan).rows) == set(only)
    assert public.availabilities("27sk99").rows == ()


@pytest.mark.parametrize(("host", "subsidiary"), [(Host.EU, "FR"), (Host.CA, "QC")])
def test_what_is_sold_has_addons_and_a_price(
    ovh_emulator: OvhEmulator, host: Host, subsidiary: str
) -> None:
    catalogue = shelf(host).catalogue(subsidiary)
    at = now(ovh_emulator)
    seen = 0
    for row in shelf(host).availabilities().rows:
        chosen = catalogue.addons_of(row)
        if row.plan_code not in catalogue.plans:
            assert chosen is None
            continue
        seen += 1
        assert chosen is not None
        assert catalogue.addons[chosen["memory"]].product == row.memory
        assert catalogue.addons[chosen["storage"]].product == row.storage
        assert catalogue.price(row.plan_code, chosen.values(), at=at) is not None
    assert seen > 1_000
