"""The VPS page: where the plans that a tenant watches can be ordered."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.test import Client
from django.utils import timezone

from emulators.ovh.world import VPS
from ovh_sniper.models import VpsPlan, Wish
from ovh_sniper.services.polling import vps
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import TESTER
from ovh_sniper.tests.pages import member, url
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db


def watch(tenant: Tenant, plan_code: str = VPS) -> Wish:
    with scope(tenant):
        return lifecycle.create(
            actor=TESTER,
            now=timezone.now(),
            host="eu",
            subsidiary="FR",
            plan_code=plan_code,
            track=Wish.Track.VPS,
            mode=Wish.Mode.ALERT,
        )


def look() -> None:
    now = timezone.now()
    vps.ensure_wanted(now)
    for plan_id in vps.due(now):
        vps.look(plan_id, now)


def restock(emulator: OvhEmulator) -> None:
    """Have the plan in Gravelines, with Linux only."""
    place = {
        "datacenter": "eu-west-gra",
        "code": "GRA",
        "status": "available",
        "linuxStatus": "available",
        "windowsStatus": "out-of-stock",
        "daysBeforeDelivery": 0,
    }
    emulator.set_vps("eu", VPS, [place])


def opened(client: Client, tenant: Tenant, **headers: str) -> str:
    response = client.get(url(tenant, "vps/"), headers=headers)
    assert response.status_code == 200
    return response.content.decode()


def test_each_system_has_its_own_stock(
    tenant: Tenant, alice: Client, ovh_emulator: OvhEmulator
) -> None:
    wish = watch(tenant)
    restock(ovh_emulator)
    look()
    page = opened(alice, tenant)
    assert VPS in page
    assert "Gravelines" in page
    assert page.count(">in stock<") == 1
    assert url(tenant, f"wishes/{wish.public_id}/") in page


def test_what_nobody_has_looked_at_says_so(tenant: Tenant, alice: Client) -> None:
    watch(tenant)
    assert "not looked yet" in opened(alice, tenant)


def test_an_answer_that_is_missing_is_said(
    tenant: Tenant, alice: Client, ovh_emulator: OvhEmulator
) -> None:
    watch(tenant)
    look()
    ago = timezone.now() - timedelta(minutes=7)
    VpsPlan.objects.update(last_error="no answer", looked_at=ago)
    assert "OVH does not answer; what is shown is 7 minutes old" in opened(alice, tenant)


def test_what_others_watch_is_nobodys_business(
    tenant: Tenant, stranger: Tenant, alice: Client, ovh_emulator: OvhEmulator
) -> None:
    watch(stranger)
    look()
    page = opened(alice, tenant)
    assert VPS not in page
    assert "No VPS plan is watched" in page


def test_a_stranger_finds_nothing_and_a_viewer_only_looks(tenant: Tenant, charlie: Client) -> None:
    watch(tenant)
    assert charlie.get(url(tenant, "vps/")).status_code == 404
    assert "wishes/new/" not in opened(member(tenant, "viewer"), tenant)


def test_it_asks_for_itself_again(tenant: Tenant, alice: Client) -> None:
    part = opened(alice, tenant, **{"HX-Request": "true"})
    assert part.lstrip().startswith('<div id="vps-live"')


def test_queries_do_not_grow_with_the_plans(
    tenant: Tenant, alice: Client, django_assert_max_num_queries: Any
) -> None:
    for number in range(12):
        watch(tenant, f"vps-{number}")
    with django_assert_max_num_queries(9):
        assert "vps-11" in opened(alice, tenant)
