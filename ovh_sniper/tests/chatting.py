"""Staff and strangers who write to a tenant's bot, and what they read there."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django.utils import timezone

from bots.models import Bot, OutboxMessage, StaffLink
from bots.services import staff
from bots.testing import Reply, Someone, delivered, make_bot, outgoing
from ovh_sniper.models import Account, Order, Wish
from ovh_sniper.services.stock.intervals import StockChange
from ovh_sniper.testing import make_wish, orders_of, poll
from tenants.models import Membership, Tenant
from tenants.scoping import scope
from tenants.testing import make_member

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

# Telegram's limits
MAX_TEXT, MAX_DATA = 4096, 64


def make_ovh_bot(tenant: Tenant, **fields: Any) -> Bot:
    """Create a bot that has this product and no other."""
    return make_bot(tenant, products=("ovh_sniper",), **fields)


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
    """Return a message's buttons: what they are called -> what they send."""
    params = call.params if isinstance(call, OutboxMessage) else call or {}
    rows = params.get("reply_markup", {}).get("inline_keyboard", [])
    return {
        key["text"]: key.get("callback_data", key.get("url", "")) for row in rows for key in row
    }


def key_like(call: dict[str, Any] | OutboxMessage | None, start: str) -> str:
    """Return what the one button sends whose name holds a text."""
    [found] = [data for name, data in keys_of(call).items() if start in name]
    return found


# --- Stock that moves

PLAN = "27sk15"
CHEAPEST = f"{PLAN}.ram-64g-ecc-3200.softraid-2x500nvme"
DEAREST = f"{PLAN}.ram-128g-ecc-3200.softraid-2x1920nvme"


def put_on_sale(emulator: OvhEmulator, what: str = PLAN, *places: str) -> None:
    """Put a plan or a configuration on sale in these places, and have it seen."""
    for place in places or ("gra", "rbx"):
        emulator.set_stock("eu", what, place, "1H-low")
    poll()


class Looks:
    """Looks at the stock since five minutes ago, when somebody looked for the first time."""

    def __init__(self, emulator: OvhEmulator) -> None:
        self.emulator = emulator
        self.start = timezone.now() - timedelta(minutes=5)
        poll(now=self.start)

    def __call__(self, seconds: float, *changes: tuple[str, str, str]) -> list[StockChange]:
        """Change places, and look so long after the start."""
        for what, place, word in changes:
            self.emulator.set_stock("eu", what, place, word)
        return poll(now=self.start + timedelta(seconds=seconds))


def posted(bot: Bot, someone: Someone | int) -> list[OutboxMessage]:
    """Return the new messages of alerts in somebody's chat."""
    return [
        one
        for one in sent_to(bot, someone)
        if one.method == "sendMessage" and one.slot.startswith("ovh:alert:")
    ]


def shown(bot: Bot, someone: Someone | int, slot: str = "ovh:alert:") -> OutboxMessage:
    """Return the last message of a kind as it reads now: its last edit, or itself."""
    return [one for one in sent_to(bot, someone) if one.slot.startswith(slot)][-1]


def said_last(bot: Bot, reply: Reply) -> dict[str, Any]:
    """Return the message that answers a text: in the response, or in the outbox behind others."""
    return reply.call or outgoing(bot)[-1].params


# --- Orders and their messages


def wish_for(account: Account, emulator: OvhEmulator, **fields: Any) -> Wish:
    """Make a wish and put what it waits for on sale."""
    poll()
    wish = make_wish(account, **{"datacenters": ["gra"], **fields})
    emulator.set_stock("eu", CHEAPEST, "gra", "1H-low")
    poll()
    return wish


def board(bot: Bot, someone: Someone | int) -> OutboxMessage:
    """Return the message of a request's orders as it reads now."""
    return [one for one in sent_to(bot, someone) if one.slot.startswith("ovh:batch:")][-1]


def card(bot: Bot, someone: Someone) -> OutboxMessage:
    """Return the message of an order as it reads now."""
    return [one for one in sent_to(bot, someone) if one.slot.startswith("ovh:order:")][-1]


def the_order(tenant: Tenant) -> Order:
    [order] = orders_of(tenant)
    return order
