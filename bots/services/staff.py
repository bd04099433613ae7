"""Ties a portal member to his Telegram account, by a one-time deep link."""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from bots.models import Bot, LinkCode, Person, StaffLink
from bots.services import recipients
from tenants.ids import digest, random_text
from tenants.models import Membership
from tenants.services import audit

VALID_FOR = timedelta(minutes=10)


class Outcome(enum.Enum):
    """What opening the link did."""

    LINKED = "linked"
    ALREADY = "already"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Linked:
    """A member with the Telegram account he linked at one bot."""

    membership: Membership
    person: Person

    @property
    def bot(self) -> Bot:
        """The bot he linked it at."""
        return self.person.bot

    @property
    def can_be_told(self) -> bool:
        """Whether the bot may write to him: he started it, and did not block it."""
        return self.person.has_started and self.person.blocked_at is None


def linked(product: str) -> list[Linked]:
    """Return the open scope's linked members at the bots that are on and have a product.

    With user and bot, by e-mail address; members whose account is closed are left out.
    """
    links = (
        StaffLink.objects.filter(membership__user__is_active=True)
        .select_related("membership__user", "person__bot")
        .defer("person__bot__token")
        .order_by("membership__user__email", "pk")
    )
    return [
        Linked(link.membership, link.person)
        for link in links
        if recipients.serves(link.person.bot, product)
    ]


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
