"""Writes what a poll brought in: packages, readings, hours, states, and the servers' sums.

All of it happens in the transaction in which the poll proves that it still holds its account.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from traffic_guard.gateways.cloud import LiveServer, Usage
from traffic_guard.models import OutboundHour, Package, Reading, Server
from traffic_guard.services.readings import judging, live, successors, sums
from traffic_guard.services.readings.asking import Answers
from traffic_guard.services.readings.judging import Judged, Trouble
from traffic_guard.services.readings.saving import Changes
from traffic_guard.services.readings.sums import AgesOf

PACKAGE_FIELDS = (
    "name",
    "line",
    "remaining_bytes",
    "total_bytes",
    "raw_amount",
    "unit_id",
    "cycle_start",
    "cycle_end",
    "is_resetting",
    "read_at",
    "moved_at",
    "first_cycle_end",
    "backfill_at",
    "trouble",
    "trouble_since",
    "misses",
)
# what a reading has of its package
SHOWN = (
    "remaining_bytes",
    "total_bytes",
    "raw_amount",
    "unit_id",
    "cycle_start",
    "cycle_end",
)
STATE_FIELDS = (
    "power",
    "raw_status",
    "task_state",
    "is_locked",
    "is_frozen",
    "power_at",
    "changed_at",
    "tags",
)
EIP_FIELDS = ("eips", "eips_at", "addresses")
SUM_FIELDS = (
    "remaining_bytes",
    "total_bytes",
    "live_remaining_bytes",
    "percent_left",
    "cycle_start",
    "cycle_end",
    "read_at",
)
LONGEST_MISSES = 30_000


def write(
    answers: Answers, packages: Sequence[Package], servers: Sequence[Server], now: datetime
) -> list[Package]:
    """Write everything but sums; return the packages that are in effect now, renewed ones too."""
    write_states(answers, servers, now)
    write_hours(answers.hours, servers)
    answered = _answered(answers, packages, now)
    read = [package for package, _usage in answered]
    changes = Changes(read, PACKAGE_FIELDS)
    for package, usage in answered:
        _take(package, usage, answers.sizes, now)
    changes.save()
    _write_readings([one for one in read if not one.trouble], servers, now)
    return read


def _answered(
    answers: Answers, packages: Sequence[Package], now: datetime
) -> list[tuple[Package, Usage | None]]:
    """Return each package in effect with its answer; None: there is none."""
    usages = {usage.asked_id: usage for usage in answers.usages.usages}
    found: dict[int, tuple[Package, Usage | None]] = {}
    for package in packages:
        usage = usages.get(package.cloud_id)
        if usage is None or usage.package_id == package.cloud_id:
            found[package.pk] = (package, usage)
            continue
        renewed = successors.follow(package, usage, now)
        if renewed is None:
            # the cloud named a package of other servers: that is no answer for this one
            found[package.pk] = (package, None)
        else:
            # it may have been read under its own id already
            found.setdefault(renewed.pk, (renewed, usage))
    return list(found.values())


def _take(
    package: Package, usage: Usage | None, sizes: Mapping[str, int | None], now: datetime
) -> None:
    """Put what was read, or why nothing was, on the row."""
    if usage is None:
        _trouble(package, Trouble.MISSING, now)
        return
    package.raw_amount = "" if usage.remaining is None else f"{usage.remaining:f}"[:40]
    package.unit_id = usage.unit_id[:20]
    package.name, package.line = (usage.name or package.name)[:160], usage.line or package.line
    judged = judging.judge(usage, sizes.get(usage.unit_id), now)
    if judged.trouble:
        _trouble(package, judged.trouble, now)
    else:
        _figure(package, usage, judged, now)


def _trouble(package: Package, trouble: Trouble, now: datetime) -> None:
    # `read_at` and the cycle stay: they tell of the last figure that was good
    package.remaining_bytes = None
    package.misses = min(package.misses + 1, LONGEST_MISSES)
    package.trouble = trouble
    package.trouble_since = package.trouble_since or now


def _figure(package: Package, usage: Usage, judged: Judged, now: datetime) -> None:
    is_new_cycle = package.cycle_end != usage.cycle_end
    before = None if is_new_cycle else last_billed(package)
    if before != judged.remaining or package.moved_at is None:
        package.moved_at = now
    package.remaining_bytes, package.total_bytes = judged.remaining, judged.total
    package.cycle_start, package.cycle_end = usage.cycle_start, usage.cycle_end
    package.is_resetting = usage.is_resetting
    package.read_at = now
    package.trouble, package.trouble_since, package.misses = Trouble.NONE, None, 0
    if package.first_cycle_end is None:
        package.first_cycle_end = usage.cycle_end
        package.backfill_at = now


def last_billed(package: Package) -> int | None:
    """Return what the last good reading said, also where the row has lost it to some trouble."""
    if package.remaining_bytes is not None or package.read_at is None:
        return package.remaining_bytes
    return package.readings.order_by("-at").values_list("remaining_bytes", flat=True).first()


def write_states(answers: Answers, servers: Sequence[Server], now: datetime) -> None:
    """Write power states and addresses of servers that were answered for.

    A state that somebody read since the poll began is newer: it stays. Where a region does not
    answer time and again it is unknown what its servers do, but for those that somebody saw since
    it failed last; `power_at` says when that was.
    """
    changes = Changes(servers, (*STATE_FIELDS, *EIP_FIELDS))
    for server in servers:
        is_newer = server.power_at is not None and server.power_at > now
        if server.pk in answers.states and not is_newer:
            take_state(server, answers.states[server.pk], now)
        elif _is_lost(server, answers) and server.power != Server.Power.GONE:
            server.power, server.raw_status, server.task_state = Server.Power.UNKNOWN, "", ""
        if server.pk in answers.eips:
            found = answers.eips[server.pk]
            server.eips = [
                {"eip_id": eip.eip_id, "address": eip.address, "bandwidth_id": eip.bandwidth_id}
                for eip in found
            ]
            server.eips_at = now
            server.addresses = [eip.address for eip in found] or server.addresses
    changes.save()


def _is_lost(server: Server, answers: Answers) -> bool:
    failed_at = answers.lost.get(server.region)
    if failed_at is None:
        return False
    return server.power_at is None or server.power_at <= failed_at


def take_state(server: Server, state: LiveServer, now: datetime) -> None:
    """Put a live state on a server's row in memory; STATE_FIELDS are to be saved."""
    server.power = Server.Power(state.power.value)
    server.raw_status = state.raw_status[:40]
    server.task_state = state.task_state[:40]
    server.is_locked, server.is_frozen = state.is_locked, state.is_frozen
    if server.power != Server.Power.GONE:
        server.tags = state.tags
    server.power_at, server.changed_at = now, state.changed_at


def write_hours(counted: Mapping[int, Mapping[datetime, int]], servers: Sequence[Server]) -> None:
    """Write outbound hours, those that are new or have changed."""
    oldest = min((hour for hours in counted.values() for hour in hours), default=None)
    if oldest is None:
        return
    kept = live.hours_of(counted, oldest)
    tenants = {server.pk: server.tenant_id for server in servers}
    OutboundHour.objects.bulk_create(
        [
            OutboundHour(tenant_id=tenants[pk], server_id=pk, hour=hour, sent_bytes=sent)
            for pk, hours in counted.items()
            for hour, sent in hours.items()
            if kept.get(pk, {}).get(hour) != sent
        ],
        update_conflicts=True,
        unique_fields=["server", "hour"],
        update_fields=["sent_bytes"],
    )


def _write_readings(packages: Sequence[Package], servers: Sequence[Server], now: datetime) -> None:
    sent = _unbilled(packages, servers, now)
    Reading.objects.bulk_create(
        [
            Reading(
                tenant_id=package.tenant_id,
                package=package,
                at=now,
                live_bytes=sent.get(package.pk),
                **{name: getattr(package, name) for name in SHOWN},
            )
            for package in packages
        ],
        # the same moment read twice is one reading
        ignore_conflicts=True,
    )


def _unbilled(
    packages: Sequence[Package], servers: Sequence[Server], now: datetime
) -> dict[int, int]:
    """Return what each package's server sent since its bill moved, where that is known."""
    own = {one.pk: one for one in packages if one.kind == Package.Kind.BUNDLED}
    by_server = sums.in_effect([server.pk for server in servers])
    hours = live.hours_of([server.pk for server in servers], now - live.FURTHEST - 2 * live.HOUR)
    found: dict[int, int] = {}
    for server in servers:
        for package in by_server.get(server.pk, ()):
            if package.pk not in own:
                continue
            counted = hours.get(server.pk, {})
            read = own[package.pk]
            sent = live.sent_since(
                counted,
                read.moved_at,
                now,
                is_off=live.is_off(server),
                cycle_start=read.cycle_start,
            )
            if sent is not None:
                found[package.pk] = sent
    return found


def refresh_sums(servers: Sequence[Server], now: datetime, ages_of: AgesOf) -> None:
    """Write what servers have left as their packages say now."""
    changes, ages = Changes(servers, SUM_FIELDS), ages_of(servers)
    standings = sums.standings(servers, now, lambda one: ages[one.pk])
    for server in servers:
        take_sum(server, standings[server.pk])
    changes.save()


def take_sum(server: Server, standing: sums.Standing) -> None:
    """Put a sum on a server's row in memory; SUM_FIELDS are to be saved."""
    server.remaining_bytes, server.total_bytes = standing.remaining, standing.total
    server.live_remaining_bytes = standing.live_remaining
    server.percent_left = standing.percent_left
    server.read_at = standing.read_at
    if standing.cycle_end is not None:
        # while it is unknown, the last cycle that was known stays on show
        server.cycle_start, server.cycle_end = standing.cycle_start, standing.cycle_end
