"""What the bot says of giveaways to the person in front of it; the active language counts."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from lottery.models import Entry, Lottery, Place, Prize
from lottery.services import cards
from lottery.services.moments import tell

State = Lottery.State
# a list of five such blocks stays far below 4,096 characters
TITLE_IN_LIST = 80
TITLE_ON_BUTTON = 28


def short_title(lottery: Lottery, room: int = TITLE_IN_LIST) -> str:
    """Return the title as lists and buttons show it."""
    return cards.cut(" ".join(lottery.title.split()), room)


def not_found() -> str:
    """Say that a giveaway is none of this bot's."""
    return _("I cannot find this giveaway. /lotteries shows what is running.")


def joined(*, is_new: bool, has_started: bool, is_private: bool, count: int) -> str:
    """Say how joining went."""
    if not is_new:
        return _("You are in already. So far: %(people)s.") % {"people": _people(count)}
    if is_private:
        return _("You are in. Good luck!")
    if has_started:
        return _("You are in. I will write to you in private if you win.")
    return _(
        "You are in! So that I can write to you if you win, tap “Open in private” and press Start."
    )


def _people(count: int) -> str:
    return cards.people(count).removeprefix("👥 ")


def too_late(*, was_in: bool) -> str:
    """Say that joining is over."""
    if was_in:
        return _("Joining is over, and you are in. Good luck!")
    return _("Sorry, joining is over.")


def too_early(lottery: Lottery | None) -> str:
    """Say when joining begins."""
    if lottery is None or lottery.starts_at is None:
        return _("This giveaway has not started yet.")
    return _("This giveaway starts: %(when)s") % {"when": tell(lottery.starts_at, lottery.zone)}


def running(lotteries: Sequence[Lottery], mine: set[int], page: int, pages: int) -> SafeString:
    """Return the list of running giveaways."""
    if not lotteries:
        return format_html("{}", _("No giveaway is running right now. Check back later!"))
    blocks = [
        format_html(
            "🎁 <b>{}</b>{}\n{}\n{}",
            short_title(one),
            " ✅" if one.pk in mine else "",
            _("⏰ Draw: %(when)s") % {"when": tell(one.ends_at, one.zone)},
            cards.people(one.entry_count),
        )
        for one in lotteries
    ]
    return _listed(_("Running giveaways"), blocks, page, pages)


def mine(entries: Sequence[Entry], won: dict[int, Place], page: int, pages: int) -> SafeString:
    """Return the list of a person's giveaways, with what became of each."""
    if not entries:
        return format_html("{}", _("You have not joined a giveaway yet. /lotteries shows them."))
    blocks = [
        format_html(
            "<b>{}</b>\n{}", short_title(one.lottery), standing(one.lottery, won.get(one.pk))
        )
        for one in entries
    ]
    return _listed(_("My giveaways"), blocks, page, pages)


def _listed(heading: str, blocks: list[SafeString], page: int, pages: int) -> SafeString:
    counter = f" ({page + 1}/{pages})" if pages > 1 else ""
    body = format_html_join("\n\n", "{}", ((block,) for block in blocks))
    return format_html("<b>{}</b>{}\n\n{}", heading, counter, body)


def standing(lottery: Lottery, place: Place | None) -> str:
    """Return what a giveaway means for somebody who joined it."""
    if lottery.state == State.CANCELLED:
        return _("🚫 Called off: %(reason)s") % {"reason": lottery.cancel_reason}
    if lottery.state == State.OPEN:
        return _("✅ You are in. Draw: %(when)s") % {"when": tell(lottery.ends_at, lottery.zone)}
    if not lottery.is_decided:
        return _("🎲 Joining is over, the draw is under way.")
    if place is None or place.prize is None:
        return _("🍀 Drawn. You did not win this time.")
    return _("🏆 You won: %(prize)s") % {"prize": place.prize.name}


def card(
    lottery: Lottery,
    prizes: list[Prize],
    *,
    is_in: bool,
    place: Place | None = None,
    count: int | None = None,
) -> SafeString:
    """Return the card as one person sees it."""
    room = cards.limit_of(lottery)
    is_over = lottery.state in {*Lottery.DECIDED, State.CANCELLED}
    text = cards.compose(
        lottery,
        prizes,
        count=lottery.entry_count if count is None else count,
        is_in=is_in and not is_over,
        room=room - 160,
    )
    if not is_in or not lottery.is_decided:
        return text
    return format_html("{}\n\n{}", text, standing(lottery, place))


def details(lottery: Lottery, prizes: list[Prize]) -> SafeString:
    """Return the facts that the card leaves out, and why the draw can be trusted."""
    room = cards.limit_of(lottery)
    head = cards.compose(lottery, prizes, count=lottery.entry_count, room=room - 420)
    facts = format_html(
        "{}\n{}\n<code>{}</code>",
        _("Giveaway no. %(number)s of this organiser.") % {"number": lottery.number},
        _(
            "The list is fixed at the end, before the random numbers exist. A secret that goes "
            "into the draw was fixed before anybody joined; its fingerprint:"
        ),
        lottery.secret_sha256,
    )
    return format_html("{}\n\n{}", head, facts)


def brief(lottery: Lottery) -> str:
    """Return the facts of a giveaway in one dialog of 200 characters."""
    lines = [
        cards.cut(short_title(lottery), 60),
        _("⏰ Draw: %(when)s") % {"when": tell(lottery.ends_at, lottery.zone)},
        cards.people(lottery.entry_count),
    ]
    return cards.cut("\n".join(lines), 200)
