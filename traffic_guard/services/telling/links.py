"""Links in messages that act without a log-in: signed, bound to a plan and a deed, and they end.

Whoever has such a link may do what it says, so it is told only where the tenant sends its notices,
kept encrypted there, and struck out of logs (tenants/redaction.py). Opening it does nothing.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.core import signing
from django.db.models import QuerySet
from django.urls import reverse
from django.utils import timezone, translation

from traffic_guard.models import PlannedStop
from traffic_guard.services.telling import preferences

SALT = "traffic_guard.links"
# A plan that is put off again and again is told anew each time, with new links.
LIFE = timedelta(hours=48)
# what the audit and `PlannedStop.settled_by` keep; translated where it is shown
BY = "link in a message"


class Deed(enum.StrEnum):
    """What a link does."""

    POSTPONE = "postpone"
    SKIP = "skip"
    STOP_NOW = "now"
    PROTECT = "protect"
    APPROVE = "approve"


class BadLink(Exception):
    """A link that was not made by us, or was changed."""


@dataclass(frozen=True, slots=True)
class Signed:
    """What a link says."""

    tenant_id: int
    plan: str  # PlannedStop.public_id
    deed: Deed
    language: str
    expires_at: datetime
    # how often the plan had been put off: a link puts it off once
    postponed: int

    def is_over(self, now: datetime) -> bool:
        """Tell whether it is too old to act."""
        return now >= self.expires_at

    def is_fresh(self, plan: PlannedStop) -> bool:
        """Tell whether what it does can still be done, and was not done by it before."""
        if plan.state not in PlannedStop.OPEN:
            return False
        if self.deed is Deed.POSTPONE:
            return plan.state == PlannedStop.State.WAITING and plan.postponed == self.postponed
        if self.deed is Deed.STOP_NOW:
            return not plan.is_dry_run and not plan.is_hastened
        return self.deed is not Deed.APPROVE or plan.state == PlannedStop.State.HELD


def url(plan: PlannedStop, deed: Deed) -> str:
    """Return the address that does something about a plan, in the active language."""
    said = {
        "t": plan.tenant_id,
        "p": plan.public_id,
        "d": deed.value,
        "l": translation.get_language() or settings.LANGUAGE_CODE,
        "e": int((timezone.now() + LIFE).timestamp()),
        "n": plan.postponed,
    }
    path = reverse("traffic_guard:link", args=[signing.dumps(said, salt=SALT)])
    return f"{settings.PUBLIC_URL}{path}"


def read(signed: str) -> Signed:
    """Return what a link says, also of one that is too old.

    Raises:
        BadLink: it is none of ours.
    """
    try:
        said: dict[str, Any] = signing.loads(signed, salt=SALT)
        return Signed(
            said["t"],
            said["p"],
            Deed(said["d"]),
            said["l"],
            datetime.fromtimestamp(said["e"], tz=UTC),
            said["n"],
        )
    except (signing.BadSignature, LookupError, ValueError, TypeError) as error:
        raise BadLink from error


def plan_of(link: Signed) -> PlannedStop | None:
    """Return the plan of a link; in the open scope of its tenant."""
    plan: PlannedStop | None = _plans(link).first()
    return plan


def plan_to_change(link: Signed) -> PlannedStop | None:
    """Return the plan of a link in its tenant's turn: the second of two presses sees the first."""
    plan: PlannedStop | None = _plans(link).first()
    if plan is None:
        return None
    preferences.take_turn(plan.tenant_id)
    return _plans(link).get()


def _plans(link: Signed) -> QuerySet[PlannedStop]:
    found = PlannedStop.objects.select_related("server__account", "action")
    secrets = ("server__account__access_key", "server__account__secret_key")
    return found.defer(*secrets).filter(public_id=link.plan)
