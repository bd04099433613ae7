"""What holds for a server and who said so; what a policy must not say, and what is warned of."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import OutboundHour, Policy, Server
from traffic_guard.services.policies import editing, intervals, resolving, thresholds
from traffic_guard.services.policies.editing import Invalid
from traffic_guard.testing import GB, TESTER, make_account, make_package, make_server

pytestmark = pytest.mark.django_db


@pytest.fixture
def server(tenant: Tenant) -> Server:
    made = make_server(make_account(tenant), total_bytes=1000 * GB, burn_rate=2.0 * GB)
    make_package(made)
    return made


def say(server: Server, level: str = "tenant", **values: Any) -> editing.Saved:
    """Change what the server, its account or its tenant says."""
    levels: dict[str, editing.Level] = {
        "server": server,
        "account": server.account,
        "tenant": server.account.tenant,
    }
    with scope(server.tenant_id):
        return editing.save(levels[level], TESTER, **values)


def holds(server: Server, name: str) -> tuple[Any, str]:
    with scope(server.tenant_id):
        found = getattr(resolving.effective(server), name)
    return found.value, found.source


def test_the_nearest_level_that_says_something_wins_and_is_named(server: Server) -> None:
    assert holds(server, "grace_minutes") == (30, "default")
    say(server, grace_minutes=20)
    assert holds(server, "grace_minutes") == (20, "tenant")
    say(server, "account", grace_minutes=10)
    say(server, "server", grace_minutes=0)
    assert holds(server, "grace_minutes") == (0, "server")
    say(server, "server", grace_minutes=None)
    assert holds(server, "grace_minutes") == (10, "account")
    with scope(server.tenant_id):
        other = make_server(server.account, "other")
        found = resolving.effective_many([server, other])
        assert found[other.pk].grace_minutes.source == "account"
        assert resolving.of_account(server.account).grace_minutes.value == 10
        assert resolving.of_tenant().grace_minutes.value == 20


def test_false_nothing_and_always_are_said_and_not_inherited(server: Server) -> None:
    say(server, auto_stop=True, skip_dates=["2026-12-24"], schedule={"days": [1]})
    say(server, "server", auto_stop=False, skip_dates=[], schedule={})
    assert holds(server, "auto_stop") == (False, "server")
    assert holds(server, "skip_dates") == ((), "server")
    assert holds(server, "schedule") == ({}, "server")
    assert holds(server, "stop_mode") == ("soft", "default")


def test_automatic_stops_are_off_and_the_first_cycle_is_a_dry_run_by_default(
    server: Server,
) -> None:
    assert holds(server, "auto_stop") == (False, "default")
    assert holds(server, "dry_run") == ("first", "default")


@pytest.mark.parametrize(
    ("tenant_says", "server_says", "limit"),
    [
        ({}, {}, 50),
        ({"threshold_percent": 10.0}, {}, 100),
        ({"threshold_bytes": 20 * GB}, {}, 20),
        # whichever comes first
        ({"threshold_bytes": 20 * GB, "threshold_percent": 10.0}, {}, 100),
        ({"threshold_bytes": 200 * GB, "threshold_percent": 10.0}, {}, 200),
        # a level names both: its 20 GB are not overruled by the tenant's 10 %
        ({"threshold_percent": 10.0}, {"threshold_bytes": 20 * GB}, 20),
        ({"threshold_bytes": 200 * GB}, {"threshold_percent": 1.0}, 10),
    ],
)
def test_the_threshold_is_the_larger_of_gb_and_percent_of_one_level(
    server: Server, tenant_says: dict[str, Any], server_says: dict[str, Any], limit: int
) -> None:
    say(server, **tenant_says)
    say(server, "server", **server_says)
    with scope(server.tenant_id):
        found = resolving.effective(server)
    assert thresholds.bytes_of(found, 1000 * GB) == limit * GB


def test_a_share_of_a_total_that_is_unknown_is_no_threshold(server: Server) -> None:
    with scope(server.tenant_id):
        found = resolving.effective(server)
    assert thresholds.bytes_of(found, None) is None
    assert thresholds.bytes_of(found, 0) is None


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"threshold_bytes": 1000 * GB}, "threshold_bytes"),
        ({"threshold_bytes": -1}, "threshold_bytes"),
        ({"threshold_percent": 100.0}, "threshold_percent"),
        ({"threshold_percent": float("nan")}, "threshold_percent"),
        ({"interval_minutes": 4}, "interval_minutes"),
        ({"interval_minutes": 5.5}, "interval_minutes"),
        ({"interval_minutes": True}, "interval_minutes"),
        ({"alert_levels": [80, 50]}, "alert_levels"),
        ({"alert_levels": [80, 80]}, "alert_levels"),
        ({"alert_levels": [0]}, "alert_levels"),
        ({"alert_levels": [101]}, "alert_levels"),
        ({"alert_levels": list(range(1, 12))}, "alert_levels"),
        ({"alert_levels": "80"}, "alert_levels"),
        ({"grace_minutes": 1441}, "grace_minutes"),
        ({"schedule": {"days": [7]}}, "schedule"),
        ({"schedule": []}, "schedule"),
        ({"skip_dates": ["2026-02-30"]}, "skip_dates"),
        ({"skip_dates": ["20261224"]}, "skip_dates"),
        ({"stop_mode": "softly"}, "stop_mode"),
        ({"dry_run": "maybe"}, "dry_run"),
        ({"auto_stop": "yes"}, "auto_stop"),
        ({"max_age_minutes": 29}, "max_age_minutes"),
    ],
)
def test_what_makes_no_sense_is_refused_in_words_and_nothing_is_saved(
    server: Server, values: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as error:
        say(server, "server", **values)
    assert list(error.value.errors) == [field]
    assert error.value.errors[field].endswith(".")
    with scope(server.tenant_id):
        assert Policy.objects.count() == 0


def test_a_change_is_one_row_and_one_audit_event(server: Server) -> None:
    saved = say(server, auto_stop=True, grace_minutes=15)
    assert saved.changed == ["auto_stop", "grace_minutes"]
    assert say(server, auto_stop=True).changed == []
    with scope(server.tenant_id):
        assert Policy.objects.count() == 1
        (event,) = AuditEvent.objects.filter(action="traffic_policy.changed")
    assert event.detail["grace_minutes"] == [None, 15]


def test_a_threshold_that_billing_shows_too_late_is_warned_of(server: Server) -> None:
    with scope(server.tenant_id):
        editing_now = server.power_at
        assert editing_now is not None
        hour = editing_now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=30)
        OutboundHour.objects.create(
            tenant_id=server.tenant_id, server=server, hour=hour, sent_bytes=30 * GB
        )
    (warning,) = say(server, auto_stop=True, threshold_bytes=50 * GB).warnings
    assert "60.0 GB" in warning
    assert server.name in warning
    assert say(server, threshold_bytes=61 * GB).warnings == []


def test_other_hopes_that_may_be_disappointed_are_warned_of(server: Server) -> None:
    warnings = say(server, auto_stop=True, threshold_bytes=GB, grace_minutes=60).warnings
    assert len(warnings) == 1
    assert "grace period" in warnings[0]
    with scope(server.tenant_id):
        Server.objects.update(charging="usage")
    assert "capacity" in say(server, threshold_bytes=100 * GB).warnings[0]


@pytest.mark.parametrize(
    ("fields", "minutes"),
    [
        ({}, 15),
        ({"remaining_bytes": 900 * GB, "burn_rate": 1.0 * GB}, 15),
        # an hour and 36 minutes until the threshold of 50 GB
        ({"remaining_bytes": 53 * GB + GB // 5, "burn_rate": 2.0 * GB}, 15),
        ({"remaining_bytes": 51 * GB, "burn_rate": 2.0 * GB}, 7.5),
        ({"remaining_bytes": 40 * GB}, 5),
        ({"power": "stopped"}, 360),
    ],
)
def test_an_account_is_read_sooner_near_a_threshold_and_seldom_while_off(
    server: Server, fields: dict[str, Any], minutes: float
) -> None:
    with scope(server.tenant_id):
        Server.objects.update(**{"burn_rate": None, **fields})
        assert intervals.of_account(server.account) == timedelta(minutes=minutes)
