"""What is said of a draw: to the chat, and to each winner in private."""

from __future__ import annotations

from itertools import groupby

from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots import languages
from bots.messages import Call, send
from bots.models import OutboxMessage
from lottery.models import Lottery, Place
from lottery.services import cards

# Telegram counts at most 100 entities a message; a message with 40 names stays below 4,096 units.
NAMES_A_MESSAGE = 40
NOTICE = OutboxMessage.Priority.NOTICE


def winners(lottery: Lottery) -> list[Place]:
    """Return the places that won a prize, best first, with their people and prizes."""
    return list(
        Place.objects.filter(lottery=lottery, prize__isnull=False)
        .select_related("prize", "entry__person")
        .order_by("position")
    )


def for_chat(lottery: Lottery, won: list[Place]) -> list[SafeString]:
    """Return the messages that tell a chat who won, in the active language."""
    if not won:
        return [
            format_html(
                "🎁 <b>{}</b>\n\n{}",
                cards.cut(lottery.title, 200),
                _("Nobody joined, so there was nothing to draw."),
            )
        ]
    parts = [won[at : at + NAMES_A_MESSAGE] for at in range(0, len(won), NAMES_A_MESSAGE)]
    return [
        _part(lottery, part, is_first=number == 0, is_last=number == len(parts) - 1)
        for number, part in enumerate(parts)
    ]


def _part(lottery: Lottery, part: list[Place], *, is_first: bool, is_last: bool) -> SafeString:
    heading = _("🎉 The winners of {title}") if is_first else _("🎉 {title}: more winners")
    blocks = [format_html(heading, title=format_html("<b>{}</b>", cards.cut(lottery.title, 200)))]
    for prize, places in groupby(part, key=lambda place: place.prize):
        lines = format_html_join("\n", "{}. {}", ((p.position, _mention(p)) for p in places))
        name = cards.cut(str(prize), 60)
        blocks.append(format_html("🏆 <b>{}</b>\n{}", name, lines))
    if is_last:
        blocks.append(format_html("{}", _footer(lottery)))
    return format_html_join("\n\n", "{}", ((block,) for block in blocks))


def _mention(place: Place) -> SafeString:
    person = place.entry.person
    return format_html(
        '<a href="tg://user?id={}">{}</a>', person.telegram_id, cards.name_of(person.full_name)
    )


def _footer(lottery: Lottery) -> str:
    return ngettext(
        "%(count)s person took part. Giveaway no. %(number)s.",
        "%(count)s people took part. Giveaway no. %(number)s.",
        lottery.entry_count,
    ) % {"count": lottery.entry_count, "number": lottery.number}


def for_winner(lottery: Lottery, place: Place) -> SafeString:
    """Return what a winner is told in private, in the active language."""
    return format_html(
        _("🎉 Congratulations! You won <b>{prize}</b> in “{title}” (place {place})."),
        prize=place.prize,
        title=lottery.title,
        place=place.position,
    )


def announcement(lottery: Lottery) -> list[Call]:
    """Return the messages of a result: one or more to the chat, one to each winner we may write to.

    Who did not win hears nothing; /mylotteries tells whoever asks.
    """
    won = winners(lottery)
    calls = []
    if lottery.chat is not None and cards.can_post(lottery):
        with translation.override(lottery.bot.language):
            calls = [
                send(lottery.chat.telegram_id, text, priority=NOTICE)
                for text in for_chat(lottery, won)
            ]
    for place in won:
        person = place.entry.person
        # nobody can be written to first; who opens the bot later finds the prize there
        if not person.has_started or person.blocked_at is not None:
            continue
        language = languages.pick(person.language, person.client_language, lottery.bot.language)
        with translation.override(language):
            calls.append(send(person.telegram_id, for_winner(lottery, place), priority=NOTICE))
    return calls
