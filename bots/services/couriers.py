"""The ways to a channel: a courier for each kind, and the outbox for Telegram chats."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime

from django.utils.translation import gettext as _

from bots.blocks import restored
from bots.gateways import mail, signed_webhook
from bots.gateways.courier import Courier, Letter
from bots.gateways.errors import Refused
from bots.models import Bot, Channel, Chat, Notice, Person
from bots.services import chat_letters, hook_pacing, outbox


def letter(channel: Channel, notice: Notice) -> Letter:
    """Return a notice as it is said, with how often it happened."""
    text = notice.text
    count = notice.data.get("count", 1)
    if count > 1:
        text += "\n\n" + _("This happened %(count)s times.") % {"count": count}
    name = f"notice:{channel.public_id}:{notice.pk}"
    return Letter(
        # the same at every try, tells nothing of how many notices there are
        id="evt_" + hashlib.sha256(name.encode()).hexdigest()[:32],
        event=notice.event,
        title=notice.title,
        text=text,
        at=notice.created_at,
        data=notice.data,
        blocks=tuple(restored(kept) for kept in notice.blocks or ()),
        colour=notice.colour,
        left_out=notice.left_out,
    )


def connect(channel: Channel) -> Courier:
    """Return the way to a channel that is not a Telegram chat. Raises Refused if it is none."""
    makers: dict[str, Callable[[], Courier]] = {
        Channel.Kind.FEISHU: lambda: hook_pacing.connect(channel.target, channel.secret),
        Channel.Kind.EMAIL: lambda: mail.connect(channel.target),
        Channel.Kind.WEBHOOK: lambda: signed_webhook.connect(channel.target, channel.secret),
    }
    return makers[channel.kind]()


def through_bot(channel: Channel, letters: Sequence[tuple[int, Letter]], now: datetime) -> None:
    """Put the letters into the outbox of the channel's bot, in the transaction that settles them.

    Raises:
        Refused: the bot cannot write there.
    """
    bot, chat_id = channel.bot, int(channel.target)
    if bot is None or bot.state != Bot.State.ENABLED:
        raise Refused(0, _("The bot of this channel is not online."))
    if Chat.objects.filter(bot=bot, telegram_id=chat_id, state=Chat.State.LEFT).exists():
        raise Refused(0, _("The bot was removed from this chat."))
    if Person.objects.filter(bot=bot, telegram_id=chat_id, blocked_at__isnull=False).exists():
        raise Refused(0, _("This person has blocked the bot."))
    for _pk, said in letters:
        for text, keyboard in chat_letters.messages(said):
            outbox.say(bot, chat_id, text, keyboard=keyboard)
    Notice.objects.filter(pk__in=[pk for pk, _letter in letters]).update(
        state=Notice.State.SENT, due_at=now, error=""
    )
    Channel.objects.filter(pk=channel.pk).update(last_ok_at=now, last_error="")
