"""Rows of every model of `traffic_guard`, for the tests of the operators' admin."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from bots.models import Person
from tenants.ids import random_text
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import (
    Account,
    AlertMark,
    Bulletin,
    BulletinLine,
    ChatRequest,
    Decision,
    MeasureUnit,
    OutboundHour,
    Package,
    PlannedStop,
    Policy,
    PowerAction,
    Preferences,
    Reading,
    Server,
    ServerPackage,
)

GB = 1024**3


def make_accounts(tenant: Tenant, *, rows: int) -> list[str]:
    """Create accounts with all that belongs to them; return what no page may show."""
    secrets: list[str] = []
    with scope(tenant):
        Preferences.objects.create()
        Policy.objects.create(auto_stop=True, alert_levels=[50, 90])
        for number in range(rows):
            keys = {name: random_text(40) for name in ("access_key", "secret_key")}
            secrets += keys.values()
            account = Account.objects.create(
                name=f"cloud {number}",
                key_mark=random_text(32).encode(),
                state=Account.State.LIMITED,
                findings=[{"code": "missing", "api": "bss", "action": "bss:order:view"}],
                **keys,
            )
            _add_server(account, number)
    return secrets


def _add_server(account: Account, number: int) -> None:
    now = timezone.now()
    cycle = {"cycle_start": now - timedelta(days=9), "cycle_end": now + timedelta(days=21)}
    left = {"remaining_bytes": 40 * GB, "total_bytes": 1000 * GB, **cycle}
    server = Server.objects.create(
        account=account,
        name=f"web-{number}",
        cloud_id=random_text(20),
        region="ap-southeast-1",
        project_id="p",
        addresses=["203.0.113.7"],
        read_at=now,
        **left,
    )
    package = Package.objects.create(
        account=account, cloud_id=random_text(20), trouble="stale", read_at=now, **left
    )
    ServerPackage.objects.create(server=server, package=package)
    Reading.objects.create(package=package, at=now, raw_amount="40", unit_id="10", **left)
    OutboundHour.objects.create(server=server, hour=now, sent_bytes=GB)
    Policy.objects.create(server=server, threshold_bytes=50 * GB, schedule={"days": [0]})
    action = PowerAction.objects.create(
        server=server,
        kind="stop",
        origin="guard",
        request_key=random_text(20),
        state=PowerAction.State.UNVERIFIED,
        sent_at=now,
        settled_at=now,
    )
    plan = PlannedStop.objects.create(
        server=server,
        package=package,
        cycle_end=cycle["cycle_end"],
        execute_at=now,
        state=PlannedStop.State.EXECUTED,
        action=action,
    )
    Decision.objects.create(
        server=server, code="unverified", at=now, last_at=now, planned_stop=plan, action=action
    )
    AlertMark.objects.create(
        subject=f"server {server.pk}", level="90", cycle_end=cycle["cycle_end"], raised_at=now
    )
    bulletin = Bulletin.objects.create(kind="stops", opened_at=now)
    BulletinLine.objects.create(bulletin=bulletin, server=server, topic="stop", planned_stop=plan)
    person = Person.objects.earliest("pk")
    ChatRequest.objects.create(
        bot_id=person.bot_id,
        person=person,
        chat_id=42,
        kind="stop",
        servers=[server.public_id],
        expires_at=now,
    )


def fill_shared_tables() -> None:
    """Create the rows that belong to no tenant."""
    for unit_id, name in (("10", "GB"), ("11", "MB")):
        MeasureUnit.objects.create(
            provider="huawei", unit_id=unit_id, name=name, in_bytes=GB, fetched_at=timezone.now()
        )
