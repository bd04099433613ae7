"""The figures that the portal's pages show, in a handful of queries whatever the traffic."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Count, F, Q, Sum
from django.utils import timezone

from bots import languages
from bots.models import Bot, Chat, DayCount, FailedUpdate, OutboxMessage, Person, Receipt
from bots.services.utc_steps import Hour

DAYS = 14
HOURS = 24
WAITING = ("due", "sending")


@dataclass(frozen=True)
class Series:
    """Numbers over time: one label and one value of each kind a step."""

    labels: list[str]
    updates: list[int]
    calls: list[int]


@dataclass(frozen=True)
class Recent:
    """What happened in the last 24 hours."""

    series: Series
    # since midnight in the tenant's time zone
    updates_today: int
    failed: int
    waiting: int


@dataclass(frozen=True)
class Audience:
    """Who a bot knows."""

    total: int
    reachable: int
    blocked: int
    # our language code -> people
    languages: dict[str, int] = field(default_factory=dict)


def recent(bots: Any, now: datetime) -> Recent:
    """Count the last 24 hours of some bots (a queryset) by hour."""
    first = now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=HOURS - 1)
    ids = bots.order_by().values("pk")
    taken = _by_hour(
        Receipt.objects.filter(bot_id__in=ids, received_at__gte=first),
        "received_at",
        n=Count("*"),
        answered=Count("update_id", filter=~Q(answer="")),
    )
    sent = _by_hour(
        OutboxMessage.objects.filter(bot__in=ids, created_at__gte=first),
        "created_at",
        n=Count("pk", filter=Q(state="sent")),
        failed=Count("pk", filter=Q(state="failed")),
    )
    hours = [first + timedelta(hours=number) for number in range(HOURS)]
    updates = {hour: taken.get(_key(hour), {}).get("n", 0) for hour in hours}
    calls = [
        sent.get(_key(hour), {}).get("n", 0) + taken.get(_key(hour), {}).get("answered", 0)
        for hour in hours
    ]
    midnight = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    labels = [timezone.localtime(hour).strftime("%H:%M") for hour in hours]
    return Recent(
        Series(labels, list(updates.values()), calls),
        updates_today=sum(n for hour, n in updates.items() if hour >= midnight),
        failed=sum(row["failed"] for row in sent.values()),
        waiting=OutboxMessage.objects.filter(bot__in=ids, state__in=WAITING).count(),
    )


def _key(hour: datetime) -> str:
    return hour.astimezone(UTC).strftime("%Y-%m-%d %H")


def _by_hour(rows: Any, column: str, **counted: Any) -> dict[str, dict[str, int]]:
    grouped = rows.order_by().annotate(hour=Hour(F(column))).values("hour").annotate(**counted)
    return {row["hour"]: row for row in grouped}


def days(now: datetime, bot: Bot | None = None) -> Series:
    """Return the last 14 days (UTC) of one bot or of all the tenant's."""
    today = now.astimezone(UTC).date()
    wanted = [today - timedelta(days=number) for number in reversed(range(DAYS))]
    counted = DayCount.objects.filter(day__gte=wanted[0])
    if bot is not None:
        counted = counted.filter(bot=bot)
    rows = counted.order_by().values("day").annotate(updates=Sum("updates"), calls=Sum("calls"))
    found: dict[date, Mapping[str, Any]] = {row["day"]: row for row in rows}
    return Series(
        [f"{day:%m-%d}" for day in wanted],
        [found[day]["updates"] if day in found else 0 for day in wanted],
        [found[day]["calls"] if day in found else 0 for day in wanted],
    )


def audience(bot: Bot) -> Audience:
    """Count a bot's people, by the language they are answered in."""
    rows = (
        Person.objects.filter(bot=bot)
        .order_by()
        .values("language", "client_language")
        .annotate(
            n=Count("*"),
            reachable=Count("pk", filter=Q(has_started=True, blocked_at=None)),
            blocked=Count("pk", filter=Q(blocked_at__isnull=False)),
        )
    )
    spoken: Counter[str] = Counter()
    total = reachable = blocked = 0
    for row in rows:
        language = languages.pick(row["language"], row["client_language"], bot.language)
        spoken[language] += row["n"]
        total += row["n"]
        reachable += row["reachable"]
        blocked += row["blocked"]
    return Audience(total, reachable, blocked, dict(spoken.most_common()))


def figures(bot_ids: list[int], now: datetime) -> dict[int, dict[str, int]]:
    """Return today's (UTC) updates and the number of people of each bot on a page."""
    today = now.astimezone(UTC).date()
    counted = DayCount.objects.filter(bot__in=bot_ids, day=today).values_list("bot", "updates")
    people = (
        Person.objects.filter(bot__in=bot_ids).order_by().values_list("bot").annotate(n=Count("*"))
    )
    updates_of, people_of = dict(counted), dict(people)
    return {
        pk: {"updates": updates_of.get(pk, 0), "people": people_of.get(pk, 0)} for pk in bot_ids
    }


def states() -> dict[str, int]:
    """Return how many of the tenant's bots are in each state."""
    rows = Bot.objects.order_by().values_list("state").annotate(n=Count("*"))
    return {**dict.fromkeys(Bot.State.values, 0), **dict(rows)}


def parked(bot: Bot | None = None) -> Any:
    """Return the updates that failed and were not taken since, the latest first."""
    open_states = [FailedUpdate.State.PARKED, FailedUpdate.State.FAILING]
    found = FailedUpdate.objects.filter(state__in=open_states).order_by("-last_at")
    return found if bot is None else found.filter(bot=bot)


def undelivered(bot: Bot) -> Any:
    """Return the messages that were given up, the latest first."""
    return OutboxMessage.objects.filter(bot=bot, state=OutboxMessage.State.FAILED).order_by(
        "-created_at", "-pk"
    )


def chats(bot: Bot) -> Any:
    """Return the groups and channels that a bot is in, or was."""
    return Chat.objects.filter(bot=bot).order_by("state", "title", "pk")
