"""Ties a portal member to his Telegram account, by a one-time deep link."""

from __future__ import annotations

import enum
from datetime import timedelta

from django.utils import timezone

from bots.models import Bot, LinkCode, Person, StaffLink
from tenants.ids import digest, random_text
from tenants.models import Membership
from tenants.services import audit

VALID_FOR = timedelta(minutes=10)


class Outcome(enum.Enum):
    """What opening the link did."""

    LINKED = "linked"
    ALREADY = "already"
    UNKNOWN = "unknown"


def deep_link(bot: Bot, membership: Membership) -> str:
    """Make a one-time link, good for 10 minutes, that ties whoever opens it to the membership."""
    code = random_text(32)
    LinkCode.objects.create(
        tenant_id=bot.tenant_id,
        bot=bot,
        membership=membership,
        created_by_id=membership.user_id,
        digest=digest(code),
        expires_at=timezone.now() + VALID_FOR,
    )
    return f"{bot.link}?start=link_{code}"


def redeem(code: str, person: Person) -> Outcome:
    """Tie the person to the member who made the code; opening it twice is harmless."""
    now = timezone.now()
    found = LinkCode.objects.filter(digest=digest(code), bot_id=person.bot_id).first()
    if found is None:
        return Outcome.UNKNOWN
    if StaffLink.objects.filter(person=person, membership_id=found.membership_id).exists():
        return Outcome.ALREADY
    used = LinkCode.objects.filter(pk=found.pk, used_at=None, expires_at__gt=now)
    if not used.update(used_at=now):
        return Outcome.UNKNOWN
    StaffLink.objects.update_or_create(
        person=person,
        defaults={"tenant_id": person.tenant_id, "membership_id": found.membership_id},
    )
    audit.record(
        "staff.linked",
        actor=audit.Actor(kind="person", name=person.full_name),
        target=found.membership,
        telegram_id=person.telegram_id,
    )
    return Outcome.LINKED
