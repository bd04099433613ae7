"""The demo's cloud accounts, their servers and two months behind them; all at the emulator."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import NamedTuple, TypeVar

from django.db import transaction
from django.utils import timezone

from bots.models import Bot, Chat
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services.audit import Actor
from traffic_guard.gateways.cloud import Busy, CloudError, CloudProvider, Eip, Hours, Place
from traffic_guard.gateways.registry import connect
from traffic_guard.models import Account, OutboundHour, Package, Preferences, Reading, Server
from traffic_guard.services.accounts import access, checking, discovery
from traffic_guard.services.forecasting import forecast
from traffic_guard.services.guarding import evaluating
from traffic_guard.services.policies import editing
from traffic_guard.services.readings import polling
from traffic_guard.services.telling import accounts as telling
from traffic_guard.services.telling import preferences

T = TypeVar("T")
GB = 1024**3
HOUR = timedelta(hours=1)


class Keys(NamedTuple):
    """Keys of the emulator's demo world (emulators/huawei/world.py): they open nothing else."""

    name: str
    site: str
    access_key: str
    secret_key: str


ACCOUNTS = (
    Keys(
        "Huawei Cloud · 華為雲國際站",
        "intl",
        "HARBORDEMOINTL000001",
        "harborDemoIntlSecretKeyForEmulators00001",
    ),
    Keys(
        "Huawei Cloud CN · 華為雲中國站",
        "cn",
        "HARBORDEMOCN00000001",
        "harborDemoMainlandSecretForEmulators0001",
    ),
)
# the emulated Telegram's, in which the demo's bot is (emulators/telegram/world.py)
GROUP, GROUP_TITLE = -1002000000001, "Harbor Friends"
# of the past that charts show
DAYS = 60
# what the emulator's flow control may make it wait for
TRIES, LONGEST_PAUSE = 30, 1.0
# the server that is stopped in a dry run: little is left of its package
GUARDED, THRESHOLD, GRACE_MINUTES = "hk-web-1", 100 * GB, 60


def load(tenant: Tenant, bot: Bot) -> None:
    """Put the demo's accounts, their past and a policy in place; run at every start of the demo.

    Call outside any scope. What somebody removed stays removed; without the emulator's answer
    there are accounts and nothing else, and the workers find the rest.
    """
    now = timezone.now()
    with scope(tenant):
        new = [account for keys in ACCOUNTS if (account := _account(tenant, keys, now))]
        _chat(tenant, bot)
    for account in new:
        with scope(tenant, transaction=False):
            try:
                _live(account, now)
            except CloudError:
                # the workers go on from where this came to
                continue


def _account(tenant: Tenant, keys: Keys, now: datetime) -> Account | None:
    """Return an account that was not there, as somebody links it; None: it was."""
    mark = access.key_mark("huawei", keys.access_key)
    found, is_new = Account.objects.get_or_create(
        tenant=tenant,
        key_mark=mark,
        defaults={
            "name": keys.name,
            "site": keys.site,
            "access_key": keys.access_key,
            "secret_key": keys.secret_key,
            "rights": Account.Rights.GUARD,
            "check_at": now,
        },
    )
    return found if is_new else None


def _chat(tenant: Tenant, bot: Bot) -> None:
    """Post alerts in the demo's group, unless somebody has chosen otherwise."""
    settings = preferences.of(tenant.pk)
    if settings.chat_id is not None:
        return
    # Telegram tells the bot of it too, but only once the web server answers
    group, _is_new = Chat.objects.get_or_create(
        tenant=tenant,
        bot=bot,
        telegram_id=GROUP,
        defaults={"kind": "supergroup", "title": GROUP_TITLE, "is_admin": True},
    )
    Preferences.objects.filter(pk=settings.pk).update(chat=group)


def _live(account: Account, now: datetime) -> None:
    """Do at once what workers would do within the first minutes."""
    checking.check(account.pk, now, tell=telling.news, connect=_unlimited)
    discovery.discover(account.pk, now, tell=telling.news, connect=_unlimited)
    polling.poll(account.pk, now, connect=_unlimited)
    _past(access.load(account.pk), now)
    with transaction.atomic():
        _policy(account, now)
        forecast.refresh(account.pk, now)
        evaluating.evaluate_account(account.pk, now)


def _unlimited(account: Account) -> CloudProvider:
    """Return the emulator itself: the shared limiter's Redis may not be up yet."""
    return connect(access.keys_of(account))


def _policy(account: Account, now: datetime) -> None:
    """Have one server guarded in a dry run: a stop is planned, and would be carried out."""
    server = Server.objects.filter(account=account, name=GUARDED).first()
    if server is None:
        return
    editing.save(
        server,
        Actor.system(),
        now=now,
        auto_stop=True,
        dry_run="always",
        threshold_bytes=THRESHOLD,
        grace_minutes=GRACE_MINUTES,
    )


# --- The past: what the live counter kept, and what billing would have said of it


def _past(account: Account, now: datetime) -> None:
    cloud = _unlimited(account)
    servers = list(Server.objects.filter(account=account).order_by("pk"))
    sent = _sent(cloud, servers, now)
    with transaction.atomic():
        OutboundHour.objects.bulk_create(
            (
                OutboundHour(server=server, hour=hour, sent_bytes=size)
                for server in servers
                for hour, size in sent.get(server.pk, ())
            ),
            ignore_conflicts=True,
        )
        for server in servers:
            for package in _known_packages(server):
                Reading.objects.bulk_create(
                    _readings(package, dict(sent.get(server.pk, ()))), ignore_conflicts=True
                )
                # its past is there
                Package.objects.filter(pk=package.pk).update(backfill_at=None)


def _known_packages(server: Server) -> list[Package]:
    bundled = Package.objects.filter(servers=server, kind=Package.Kind.BUNDLED, trouble="")
    return list(bundled.exclude(cycle_start=None).exclude(remaining_bytes=None))


def _sent(cloud: CloudProvider, servers: list[Server], now: datetime) -> dict[int, Hours]:
    """Return what each server sent out, by hour, as far back as charts go."""
    places: dict[Place, list[tuple[Server, Eip]]] = {}
    for server in servers:
        for one in server.eips:
            eip = Eip(one["eip_id"], one["address"], one["bandwidth_id"], server.cloud_id)
            places.setdefault(Place(*server.place), []).append((server, eip))
    found: dict[int, Hours] = {}
    since = now - timedelta(days=DAYS)
    for place, pairs in places.items():
        eips = [eip for _server, eip in pairs]
        hours = _patiently(partial(cloud.outbound, place, eips, since, now))
        for server, eip in pairs:
            found[server.pk] = hours.get(eip.eip_id, ())
    return found


def _patiently(ask: Callable[[], T]) -> T:
    for left in reversed(range(TRIES)):
        try:
            return ask()
        except Busy as busy:
            if not left:
                raise
            time.sleep(min(busy.retry_after, LONGEST_PAUSE))
    raise AssertionError("unreachable")


def _readings(package: Package, sent: dict[datetime, int]) -> Iterator[Reading]:
    """Return what billing said each hour of this cycle and the one before, the newest first."""
    start, end, total = package.cycle_start, package.cycle_end, package.total_bytes
    left, read_at = package.remaining_bytes, package.read_at
    if start is None or end is None or total is None or left is None or read_at is None:
        return
    for hour in sorted(sent, reverse=True):
        # billing is an hour late
        at = hour + 2 * HOUR
        if at < start:
            break
        if at < read_at:
            yield _reading(package, at, left, (start, end))
            left = min(left + sent[hour], total)
    before = start - timedelta(days=30)
    left = total
    for hour in sorted(sent):
        at = hour + 2 * HOUR
        if before <= hour and at < start:
            left = max(left - sent[hour], 0)
            yield _reading(package, at, left, (before, start))


def _reading(
    package: Package, at: datetime, left: int, cycle: tuple[datetime, datetime]
) -> Reading:
    # the guard asks for each reading of late, and for no thinned one
    is_late = package.read_at is not None and at > package.read_at - timedelta(days=1)
    return Reading(
        package=package,
        at=at,
        remaining_bytes=left,
        total_bytes=package.total_bytes or 0,
        raw_amount=f"{left / GB:.2f}",
        unit_id=package.unit_id,
        cycle_start=cycle[0],
        cycle_end=cycle[1],
        grain=Reading.Grain.RAW if is_late else Reading.Grain.HOUR,
    )
