"""Staff and strangers who write to a tenant's bot, and what they read there."""

from __future__ import annotations

from typing import Any

from bots.models import Bot, OutboxMessage, StaffLink
from bots.services import staff
from bots.testing import Someone, delivered, make_bot, outgoing
from tenants.models import Membership, Tenant
from tenants.scoping import scope
from tenants.testing import make_member


def make_traffic_bot(tenant: Tenant, **fields: Any) -> Bot:
    """Create a bot that has this product and no other."""
    return make_bot(tenant, products=("traffic_guard",), **fields)


def make_staff(bot: Bot, role: str, **fields: Any) -> Someone:
    """Return a member of the bot's tenant who linked his Telegram account, as members do."""
    user = make_member(bot.tenant, role)
    with scope(bot.tenant):
        link = staff.deep_link(bot, Membership.objects.get(user=user))
    someone = Someone(bot, first_name=role.title(), **fields)
    someone.says(f"/start {link.partition('start=')[2]}")
    delivered(bot)
    with scope(bot.tenant):
        assert StaffLink.objects.filter(membership__user=user, person__bot=bot).exists()
    return someone


def sent_to(bot: Bot, someone: Someone | int) -> list[OutboxMessage]:
    """Return what the bot wrote to somebody, or in a chat, by itself."""
    chat_id = someone if isinstance(someone, int) else someone.telegram_id
    return [one for one in outgoing(bot) if one.chat_id == chat_id]


def texts_to(bot: Bot, someone: Someone | int) -> list[str]:
    """Return the texts of that."""
    return [str(one.params["text"]) for one in sent_to(bot, someone)]


def keys_of(call: dict[str, Any] | OutboxMessage | None) -> dict[str, str]:
    """Return a message's buttons: what they are called -> what they send, or open."""
    params = call.params if isinstance(call, OutboxMessage) else call or {}
    rows = params.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        key["text"]: key.get("callback_data", key.get("url", "")) for row in rows for key in row
    }


def key_like(call: dict[str, Any] | OutboxMessage | None, name: str) -> str:
    """Return what the one button sends whose name holds a text."""
    [found] = [data for label, data in keys_of(call).items() if name in label]
    return found
