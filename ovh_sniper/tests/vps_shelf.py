"""VPS plans at the emulated OVH, watched by tenants and looked at as the clock does."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.utils import timezone

from ovh_sniper.models import Alert, Wish
from ovh_sniper.services.polling import vps
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import TESTER
from ovh_sniper.tests.shelves import at
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

PLAN = "vps-2027-model2"
ROUTE = "/vps/order/rule/datacenter"
# the configurations of both systems
LINUX, WINDOWS = f"vps/FR/{PLAN}/linux", f"vps/FR/{PLAN}/windows"
THERE, OUT, PREORDER = "available", "out-of-stock", "out-of-stock-preorder-allowed"


def watch(tenant: Tenant, **fields: Any) -> Wish:
    """Arm a wish for the plan, as a tenant does."""
    values = {
        "host": "eu",
        "subsidiary": "FR",
        "plan_code": PLAN,
        "track": Wish.Track.VPS,
        "mode": Wish.Mode.ALERT,
        **fields,
    }
    with scope(tenant):
        return lifecycle.create(actor=TESTER, now=timezone.now(), **values)


def put(
    emulator: OvhEmulator, linux: str = OUT, windows: str = OUT, days: int = 0, **more: Any
) -> None:
    """Say what OVH has in Gravelines; Strasbourg has nothing."""
    place = {"datacenter": "eu-west-gra", "code": "GRA", "status": THERE}
    systems = {"linuxStatus": linux, "windowsStatus": windows, "daysBeforeDelivery": days}
    other = {"datacenter": "eu-west-sbg", "code": "SBG", "status": THERE}
    gone = {"linuxStatus": OUT, "windowsStatus": OUT, "daysBeforeDelivery": 0}
    emulator.set_vps("eu", PLAN, [{**place, **systems, **more}, {**other, **gone}])


def look(seconds: float) -> list[tuple[str, str, str]]:
    """Do what the clock does with all plans that are due; return what changed."""
    changes = []
    for plan_id in vps.due(at(seconds)):
        changes += vps.look(plan_id, at(seconds))
    return [(one.kind, one.row.system_storage, one.datacenter) for one in changes]


def begin(seconds: float = 0) -> None:
    """Make the first look at everything that is watched."""
    vps.ensure_wanted(at(seconds))
    look(seconds)


def alerts_of(tenant: Tenant) -> list[tuple[str, str, str]]:
    """Return configuration, datacenter and state of each alert, in their order."""
    with scope(tenant):
        return list(Alert.objects.order_by("pk").values_list("fqn", "datacenter", "state"))
