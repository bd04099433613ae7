"""The card of a giveaway: what it says, its post in a chat, and keeping that post true."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db.models import F, OuterRef, Q, Subquery
from django.utils import translation
from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.buttons import Button
from bots.messages import MAX_CAPTION, MAX_TEXT, Keyboard, Link, Media, Press, send, units
from bots.models import Chat, OutboxMessage
from bots.services import outbox
from lottery.models import Entry, Lottery, Place, Prize
from lottery.services import entries
from lottery.services.moments import tell
from tenants.scoping import unscoped

State = Lottery.State
# A group may be written to 20 times a minute: the counter takes at most 12 of them.
REFRESH_EVERY = timedelta(seconds=5)
# A join is counted again while a slower transaction could still add an earlier one.
SETTLED_AFTER = timedelta(seconds=30)
# Room for the facts below the prizes; Telegram's limits count UTF-16 units.
FACTS = 330
MAX_NAME = 40


class Join(Button, prefix="lj"):
    """Takes part; under a card, wherever it was posted."""

    lottery: int


class Details(Button, prefix="ld"):
    """Tells more about a giveaway."""

    lottery: int


def cut(text: str, room: int) -> str:
    """Shorten a text to `room` UTF-16 units, with an ellipsis where something is missing."""
    if units(text) <= room:
        return text
    if room < 1:
        return ""
    shortened = text.encode("utf-16-le")[: (room - 1) * 2].decode("utf-16-le", "ignore")
    return f"{shortened.rstrip()}…"


def name_of(person_name: str) -> str:
    """Return a person's name as lists show it."""
    return cut(" ".join(person_name.split()), MAX_NAME) or "?"


def limit_of(lottery: Lottery) -> int:
    """Return how long the card may be: a photo's caption is shorter than a message."""
    return MAX_CAPTION if lottery.image else MAX_TEXT


def compose(
    lottery: Lottery, prizes: list[Prize], *, count: int, is_in: bool = False, room: int = MAX_TEXT
) -> SafeString:
    """Return the card's text in the active language.

    `is_in` tells that the reader takes part; leave it out where many read. `room` in UTF-16 units.
    """
    title = cut(lottery.title, 200)
    facts = _facts(lottery, count=count, is_in=is_in)
    left = room - units(title) - FACTS - 10
    lines = _prize_lines(prizes, left if not lottery.text else left * 3 // 5)
    left -= sum(units(line) + 1 for line in lines)
    text = cut(lottery.text.strip(), left - 4)
    parts = [format_html("🎁 <b>{}</b>", title)]
    if text:
        parts.append(format_html("{}", text))
    if lines:
        heading = format_html("🏆 <b>{}</b>", _("Prizes"))
        parts.append(format_html("{}\n{}", heading, _joined(lines)))
    parts.append(_joined(facts))
    return format_html_join("\n\n", "{}", ((part,) for part in parts))


def _joined(lines: list[str]) -> SafeString:
    return format_html_join("\n", "{}", ((line,) for line in lines))


def _prize_lines(prizes: list[Prize], room: int) -> list[str]:
    lines: list[str] = []
    for number, prize in enumerate(prizes):
        line = f"• {prize.name} × {prize.count}" if prize.count > 1 else f"• {prize.name}"
        room -= units(line) + 1
        if room < 30 and number < len(prizes) - 1:
            more = len(prizes) - number
            lines.append(ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more})
            return lines
        lines.append(cut(line, max(units(line) + room, 20)))
    return lines


def _facts(lottery: Lottery, *, count: int, is_in: bool) -> list[str]:
    if lottery.state == State.CANCELLED:
        called_off = _("🚫 Called off: %(reason)s") % {"reason": lottery.cancel_reason}
        return [called_off]
    facts = []
    if lottery.state == State.SCHEDULED and lottery.starts_at is not None:
        facts.append(_("🕒 Starts: %(when)s") % {"when": tell(lottery.starts_at, lottery.zone)})
    facts.append(_("⏰ Draw: %(when)s") % {"when": tell(lottery.ends_at, lottery.zone)})
    facts.append(people(count))
    if lottery.state == State.FROZEN:
        facts.append(_("🎲 Joining is over, the draw is under way."))
    elif lottery.is_decided:
        facts.append(_("🏁 The draw is over."))
    if is_in:
        facts.append(_("✅ You are in."))
    return facts


def people(count: int) -> str:
    """Return how many take part, in words."""
    if not count:
        return _("👥 Nobody has joined yet.")
    return ngettext("👥 %(count)s person takes part", "👥 %(count)s people take part", count) % {
        "count": count
    }


def group_keyboard(lottery: Lottery) -> Keyboard:
    """Return the buttons under the card in a chat."""
    private = Link(_("Open in private"), lottery.deep_link)
    if lottery.state == State.OPEN:
        return [[Press(_("🎉 Join"), Join(lottery.pk))], [private]]
    return [[private]]


def _for_chat(lottery: Lottery) -> SafeString:
    prizes = list(lottery.prizes.all())
    text = compose(lottery, prizes, count=lottery.entry_count, room=limit_of(lottery))
    if not lottery.is_decided:
        return text
    return format_html("{}\n{}", text, _winner_line(lottery, limit_of(lottery) - units(text)))


def _winner_line(lottery: Lottery, room: int) -> str:
    places = Place.objects.filter(lottery=lottery, prize__isnull=False).order_by("position")
    first = places.select_related("entry__person")[:5]
    names = [name_of(place.entry.person.full_name) for place in first]
    if not names:
        return ""
    more = places.count() - len(names)
    shown = ", ".join(names) + (f" (+{more})" if more else "")
    return cut(_("🏆 Winners: %(names)s") % {"names": shown}, max(room - 1, 0))


def picture(lottery: Lottery) -> Media | None:
    """Return the picture as the sender uploads it."""
    return Media(str(lottery.image.name)) if lottery.image else None


def can_post(lottery: Lottery) -> bool:
    """Tell whether there is a chat to post in, and the bot is still in it."""
    return lottery.chat is not None and lottery.chat.state == Chat.State.ACTIVE


def post(lottery: Lottery) -> bool:
    """Post the card in the giveaway's chat, in the bot's language; tell whether there is one.

    Where the bot was removed from the chat the giveaway runs all the same, by its deep link.
    """
    chat = lottery.chat
    if chat is None or not can_post(lottery):
        return False
    with translation.override(lottery.bot.language):
        card = send(
            chat.telegram_id,
            _for_chat(lottery),
            keyboard=group_keyboard(lottery),
            photo=picture(lottery),
            slot=lottery.card_slot,
            # an edit must not overtake the post it edits
            priority=OutboxMessage.Priority.REPLY,
        )
    outbox.write(lottery.bot, [card])
    return True


def update(lottery: Lottery) -> bool:
    """Make the card in the chat say what is true now; tell whether there is one."""
    chat = lottery.chat
    if chat is None or not can_post(lottery) or not is_posted(lottery):
        return False
    with translation.override(lottery.bot.language):
        outbox.edit_posted(
            lottery.bot,
            lottery.card_slot,
            chat.telegram_id,
            _for_chat(lottery),
            keyboard=group_keyboard(lottery),
        )
    return True


def is_posted(lottery: Lottery) -> bool:
    """Tell whether the card stands in the chat, or is on its way there."""
    if outbox.posted(lottery.bot, lottery.card_slot) is not None:
        return True
    return (
        OutboxMessage.objects.filter(
            bot=lottery.bot,
            slot=lottery.card_slot,
            state__in=[OutboxMessage.State.DUE, OutboxMessage.State.SENDING],
        )
        .exclude(method__startswith="edit")
        .exists()
    )


def to_refresh(now: datetime) -> list[tuple[int, int]]:
    """Return (tenant id, giveaway id) of running ones whose count may have changed, all tenants."""
    with unscoped("the clock looks after the cards of all tenants"):
        newest = Entry.objects.filter(lottery=OuterRef("pk")).order_by("-pk")
        rows = (
            Lottery.objects.filter(state=State.OPEN)
            .filter(Q(counted_at=None) | Q(counted_at__lte=now - REFRESH_EVERY))
            .annotate(last_join=Subquery(newest.values("joined_at")[:1]))
            .filter(Q(last_join__gt=now - SETTLED_AFTER) | Q(last_join__gt=F("counted_at")))
        )
        return list(rows.values_list("tenant_id", "pk"))


def refresh(lottery_id: int, *, now: datetime) -> bool:
    """Count again and show it; tell whether something changed. One worker does it, once in 5 s."""
    due = Lottery.objects.filter(pk=lottery_id, state=State.OPEN).exclude(
        counted_at__gt=now - REFRESH_EVERY
    )
    if not due.update(counted_at=now):
        return False
    count = entries.count(lottery_id)
    changed = Lottery.objects.filter(pk=lottery_id, state=State.OPEN).exclude(entry_count=count)
    if not changed.update(entry_count=count):
        return False
    update(Lottery.objects.select_related("bot", "chat").get(pk=lottery_id))
    return True
