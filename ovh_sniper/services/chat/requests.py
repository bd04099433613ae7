"""Orders that were previewed in a chat: kept as rows, good for ten minutes and for one answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from bots.models import Person
from ovh_sniper.models import ChatRequest
from ovh_sniper.services.chat.commands import Command

LIFE = timedelta(minutes=10)


class Gone(Exception):
    """A button that does nothing any more.

    Reasons: unknown (none here, or another bot's), foreign (another person's), expired, taken.
    """

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Terms:
    """What one account was shown: exactly this hardware, and no more than this money (with tax)."""

    addons: tuple[str, ...]
    due_now: Decimal | None
    renewal: Decimal | None


def keep(
    command: Command, person: Person, *, terms: Mapping[str, Terms] | None = None, now: datetime
) -> ChatRequest:
    """Write what a person asked for; `terms` by the public id of the account that has them.

    Needs the tenant's open scope, in a transaction.
    """
    request: ChatRequest = ChatRequest.objects.create(
        tenant_id=person.tenant_id,
        bot_id=person.bot_id,
        person=person,
        wanted={
            "plan_code": command.plan_code,
            "datacenters": command.datacenters,
            "quantity": command.quantity,
            "options": command.options,
            "terms": {account: _as_json(one) for account, one in (terms or {}).items()},
        },
        expires_at=now + LIFE,
    )
    return request


def take(public_id: str, person: Person, now: datetime, *, account: str = "") -> ChatRequest:
    """Take a request for the one answer that counts, and return it; in a transaction.

    `account` is the public id of one that the person was shown.

    Raises:
        Gone: there is nothing to answer.
    """
    mine = ChatRequest.objects.filter(public_id=public_id, bot=person.bot_id)
    request: ChatRequest | None = mine.first()
    if request is None or (account and account not in request.wanted["terms"]):
        raise Gone("unknown")
    if request.person_id != person.pk:
        raise Gone("foreign")
    if not mine.filter(taken_at=None, expires_at__gt=now).update(taken_at=now):
        raise Gone("expired" if request.taken_at is None and request.expires_at <= now else "taken")
    return request


def command_of(request: ChatRequest) -> Command:
    """Return what was asked for."""
    wanted = request.wanted
    return Command(
        wanted["plan_code"],
        tuple(wanted["datacenters"]),
        wanted["quantity"],
        tuple(wanted["options"]),
    )


def terms_of(request: ChatRequest, account: str) -> Terms | None:
    """Return what an account was shown, None where it was not among them."""
    kept: dict[str, Any] | None = request.wanted["terms"].get(account)
    if kept is None:
        return None
    return Terms(tuple(kept["addons"]), _money(kept["due_now"]), _money(kept["renewal"]))


def _as_json(terms: Terms) -> dict[str, Any]:
    return {
        "addons": terms.addons,
        "due_now": None if terms.due_now is None else str(terms.due_now),
        "renewal": None if terms.renewal is None else str(terms.renewal),
    }


def _money(kept: str | None) -> Decimal | None:
    return None if kept is None else Decimal(kept)
