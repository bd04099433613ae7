"""Finds what a request names by its public id, inside the tenant's scope."""

from __future__ import annotations

from typing import Any

from bots.models import Bot
from ovh_sniper.models import Account
from ovh_sniper.services.orders.listing import ACCOUNT_SECRETS
from tenants.api_input import no_such


def account_of(public_id: str) -> Account:
    """Return the tenant's account, without its keys.

    Raises:
        ValidationError: it has none of this id.
    """
    found: Account | None = (
        Account.objects.filter(public_id=public_id).defer(*ACCOUNT_SECRETS).first()
    )
    if found is None:
        raise no_such("account")
    return found


def with_rows(given: dict[str, Any]) -> dict[str, Any]:
    """Return input with rows in the place of the ids of `account` and `bot`.

    Raises:
        ValidationError: the tenant has none of such an id.
    """
    found = dict(given)
    if given.get("account") is not None:
        found["account"] = account_of(given["account"])
    if given.get("bot") is not None:
        bot = Bot.objects.filter(public_id=given["bot"]).defer("token").first()
        if bot is None:
            raise no_such("bot")
        found["bot"] = bot
    return found
