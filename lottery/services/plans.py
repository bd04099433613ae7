"""What an organiser wants, and whether it can run, in words for him."""

from __future__ import annotations

import zoneinfo
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Chat
from lottery.models import MAX_PRIZES, MAX_RESERVES, MAX_TEXT, MAX_TITLE, Lottery, Prize

PRODUCT = "lottery"
MAX_LINES = 50
MAX_NAME = Prize._meta.get_field("name").max_length or 120
MAX_REASON = Lottery._meta.get_field("cancel_reason").max_length or 200
# A form takes a while to fill in: a start of a moment ago still counts as now.
GRACE = timedelta(minutes=5)
LONGEST = timedelta(days=366)

Problems = dict[str, list[ValidationError]]


@dataclass(frozen=True, kw_only=True)
class PrizeLine:
    """A prize of a plan; the best comes first."""

    name: str
    count: int = 1


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What an organiser wants; `starts_at` None: as soon as it is published."""

    bot: Bot
    title: str
    ends_at: datetime
    time_zone: str
    prizes: Sequence[PrizeLine]
    text: str = ""
    starts_at: datetime | None = None
    chat: Chat | None = None
    reserves: int = 0
    # a stored picture's name (services/pictures.py); None keeps what is there, "" removes it
    image: str | None = None


@cache
def known_zones() -> frozenset[str]:
    """Return the time zones that can be chosen."""
    return frozenset(zoneinfo.available_timezones()) - {"localtime", "Factory", "posixrules"}


def check(plan: Plan, *, now: datetime) -> None:
    """Check all of a plan.

    Raises:
        ValidationError: every problem found, by field of the plan.
    """
    found: Problems = {}
    _check_texts(plan, found)
    _check_times(plan.starts_at, plan.ends_at, now, found)
    _check_place(plan.bot, plan.chat, found)
    _check_prizes(plan.prizes, found)
    if plan.time_zone not in known_zones():
        _add(found, "time_zone", _("This time zone is not known."), "unknown")
    if not 0 <= plan.reserves <= MAX_RESERVES:
        _add(
            found, "reserves", _("Enter a number from 0 to %(limit)s."), "range", limit=MAX_RESERVES
        )
    if found:
        raise ValidationError(found)


def _add(found: Problems, field: str, message: object, code: str, **params: object) -> None:
    problem = ValidationError(message, code=code, params=params)  # type: ignore[arg-type]
    found.setdefault(field, []).append(problem)


def _check_texts(plan: Plan, found: Problems) -> None:
    if not plan.title.strip():
        _add(found, "title", _("Give it a title."), "required")
    for field, text, limit in (
        ("title", plan.title.strip(), MAX_TITLE),
        ("text", plan.text.strip(), MAX_TEXT),
    ):
        if len(text) > limit:
            _too_long(found, field, text, limit)
        if "\x00" in text:
            _add(found, field, _("Null characters are not allowed."), "null")


def _too_long(found: Problems, field: str, text: str, limit: int) -> None:
    _add(
        found,
        field,
        _("Use at most %(limit)s characters; these are %(length)s."),
        "too_long",
        limit=limit,
        length=len(text),
    )


def _check_times(
    starts_at: datetime | None, ends_at: datetime, now: datetime, found: Problems
) -> None:
    if starts_at is not None and starts_at < now - GRACE:
        _add(found, "starts_at", _("This start has passed already."), "past")
    if ends_at <= now:
        _add(found, "ends_at", _("This end has passed already."), "past")
    elif starts_at is not None and ends_at <= starts_at:
        _add(found, "ends_at", _("The end must come after the start."), "before_start")
    elif ends_at > max(now, starts_at or now) + LONGEST or ends_at > now + 2 * LONGEST:
        _add(found, "ends_at", _("A giveaway can run for at most a year."), "too_long")


def _check_place(bot: Bot, chat: Chat | None, found: Problems) -> None:
    if PRODUCT not in bot.products:
        _add(found, "bot", _("Giveaways are switched off for this bot."), "off")
    if chat is None:
        return
    if chat.bot_id != bot.pk:
        _add(found, "chat", _("This bot is not in that chat."), "foreign")
    elif chat.state != Chat.State.ACTIVE:
        _add(found, "chat", LOST_CHAT, "left", chat=chat.title)


LOST_CHAT = _(
    "The bot was removed from “%(chat)s”. Add it there again, or choose another chat or none."
)


def _check_prizes(lines: Sequence[PrizeLine], found: Problems) -> None:
    if not lines:
        _add(found, "prizes", _("Add at least one prize."), "required")
    if len(lines) > MAX_LINES:
        _add(found, "prizes", _("Use at most %(limit)s kinds of prize."), "many", limit=MAX_LINES)
    for line in lines:
        name = line.name.strip()
        if not name:
            _add(found, "prizes", _("Each prize needs a name."), "name")
        elif len(name) > MAX_NAME:
            _too_long(found, "prizes", name, MAX_NAME)
        if line.count < 1:
            _add(found, "prizes", _("There must be at least one of each prize."), "count")
    if sum(line.count for line in lines) > MAX_PRIZES:
        _add(
            found,
            "prizes",
            _("Use at most %(limit)s prizes in all."),
            "total",
            limit=MAX_PRIZES,
        )


def check_publishable(lottery: Lottery, *, now: datetime) -> None:
    """Check what may have changed since the draft was written.

    Raises:
        ValidationError: the problems, by field.
    """
    found: Problems = {}
    _check_times(lottery.starts_at, lottery.ends_at, now, found)
    _check_place(lottery.bot, lottery.chat, found)
    if not lottery.prizes.exists():
        _add(found, "prizes", _("Add at least one prize."), "required")
    if found:
        raise ValidationError(found)


def clean_reason(reason: str) -> str:
    """Return a reason for cancelling, tidied.

    Raises:
        ValidationError: it is empty or too long.
    """
    reason = " ".join(reason.split())
    found: Problems = {}
    if not reason:
        _add(found, "reason", _("Say why: people will read it."), "required")
    if len(reason) > MAX_REASON:
        _too_long(found, "reason", reason, MAX_REASON)
    if found:
        raise ValidationError(found)
    return reason
