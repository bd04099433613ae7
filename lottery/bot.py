"""Words and buttons of giveaways."""

from __future__ import annotations

from typing import TypeVar

from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from bots.buttons import Button
from bots.handling import pager, speaking
from bots.incoming import Incoming
from bots.messages import Keyboard, Link, Press
from bots.products import Product
from bots.routing import Router
from lottery import texts
from lottery.models import Entry, Lottery, Place
from lottery.services import cards, entries
from lottery.services.cards import Details, Join

router = Router()
product = Product(
    "lottery",
    gettext_lazy("Giveaways"),
    gettext_lazy("Giveaways with draws that anyone can verify."),
    router,
    "lotteries",
    "gift",
)

T = TypeVar("T")
State = Lottery.State
PER_PAGE = 5
# more than anybody pages through
MOST = 100


class ListPage(Button, prefix="ll"):
    """Turns the pages of the running giveaways."""

    page: int


class JoinHere(Button, prefix="ljl"):
    """Takes part, in the list of running giveaways."""

    lottery: int
    page: int


class Show(Button, prefix="ls"):
    """Shows a giveaway's card."""

    lottery: int


class Back(Button, prefix="lb"):
    """Goes from the details back to the card."""

    lottery: int


class MinePage(Button, prefix="lm"):
    """Turns the pages of my giveaways."""

    page: int


@router.command("lotteries", gettext_lazy("Running giveaways"))
def show_running(incoming: Incoming) -> None:
    with speaking(incoming):
        text, keyboard = _running(incoming, 0)
        incoming.reply(text, keyboard=keyboard)


@router.button(ListPage)
def turn_running(incoming: Incoming, button: ListPage) -> None:
    with speaking(incoming):
        text, keyboard = _running(incoming, button.page)
        incoming.edit(text, keyboard=keyboard)


def _running(incoming: Incoming, page: int) -> tuple[str, Keyboard]:
    """Return a page of the list; where many read, it does not tell who takes part."""
    now = timezone.now()
    found = Lottery.objects.filter(bot_id=incoming.bot.id, state=State.OPEN, ends_at__gt=now)
    found = found.defer("secret").order_by("ends_at", "pk")
    rows, page, pages = _page(list(found[:MOST]), page)
    mine: set[int] = set()
    if incoming.chat.is_private:
        joined = Entry.objects.filter(person=incoming.person, lottery__in=[one.pk for one in rows])
        mine = set(joined.values_list("lottery_id", flat=True))
    keyboard = [_row(one, page, is_in=one.pk in mine) for one in rows]
    keyboard += _pager(ListPage, page, pages)
    return texts.running(rows, mine, page, pages), keyboard


def _row(lottery: Lottery, page: int, *, is_in: bool) -> list[Press]:
    title = Press(texts.short_title(lottery, texts.TITLE_ON_BUTTON), Show(lottery.pk))
    return [title] if is_in else [title, Press(_("🎉 Join"), JoinHere(lottery.pk, page))]


def _page(rows: list[T], page: int) -> tuple[list[T], int, int]:
    """Return a page's rows, its number within what exists, and how many pages there are."""
    pages = max(1, -(-len(rows) // PER_PAGE))
    page = min(max(page, 0), pages - 1)
    return rows[page * PER_PAGE : (page + 1) * PER_PAGE], page, pages


def _pager(kind: type[ListPage] | type[MinePage], page: int, pages: int) -> list[list[Press]]:
    return pager(kind(page - 1), kind(page + 1), page, pages)


@router.command("mylotteries", gettext_lazy("Giveaways I joined"))
def show_mine(incoming: Incoming) -> None:
    if not incoming.chat.is_private:
        link = Link(_("Open in private"), f"https://t.me/{incoming.bot.username}?start=mylotteries")
        with speaking(incoming):
            incoming.reply(_("I tell you that in private."), keyboard=[[link]])
        return
    text, keyboard = _mine(incoming, 0)
    incoming.reply(text, keyboard=keyboard)


@router.start("mylotteries")
def show_mine_by_link(incoming: Incoming, _rest: str) -> None:
    show_mine(incoming)


@router.button(MinePage)
def turn_mine(incoming: Incoming, button: MinePage) -> None:
    if not incoming.chat.is_private:
        incoming.toast(_("I tell you that in private."))
        return
    text, keyboard = _mine(incoming, button.page)
    incoming.edit(text, keyboard=keyboard)


def _mine(incoming: Incoming, page: int) -> tuple[str, Keyboard]:
    found = (
        Entry.objects.filter(person=incoming.person, lottery__state__in=Lottery.PUBLIC)
        .select_related("lottery")
        .defer("lottery__secret")
        .order_by("-pk")
    )
    rows, page, pages = _page(list(found[:MOST]), page)
    won = {
        place.entry_id: place
        for place in Place.objects.filter(entry__in=[row.pk for row in rows]).select_related(
            "prize"
        )
    }
    keyboard = [
        [Press(texts.short_title(row.lottery, texts.TITLE_ON_BUTTON), Show(row.lottery_id))]
        for row in rows
    ]
    return texts.mine(rows, won, page, pages), [*keyboard, *_pager(MinePage, page, pages)]


def _find(incoming: Incoming, **where: object) -> Lottery | None:
    """Return a giveaway of this very bot that people may see."""
    found: Lottery | None = (
        Lottery.objects.filter(bot_id=incoming.bot.id, state__in=Lottery.PUBLIC, **where)
        .select_related("bot")
        .defer("secret", "bot__token")
        .first()
    )
    return found


@router.start("g_")
def open_card(incoming: Incoming, public_id: str) -> None:
    _show(incoming, _find(incoming, public_id=public_id))


@router.button(Show)
def open_card_from_list(incoming: Incoming, button: Show) -> None:
    _show(incoming, _find(incoming, pk=button.lottery))


def _show(incoming: Incoming, lottery: Lottery | None) -> None:
    if lottery is None:
        incoming.toast(texts.not_found(), alert=True)
        return
    with speaking(incoming):
        text, keyboard = _card(incoming, lottery)
        incoming.reply(text, keyboard=keyboard, photo=cards.picture(lottery))


def _card(
    incoming: Incoming, lottery: Lottery, *, is_in: bool | None = None, count: int | None = None
) -> tuple[str, Keyboard]:
    """Return the card for the chat it is shown in; `is_in` None: look it up."""
    prizes = list(lottery.prizes.all())
    if not incoming.chat.is_private:
        text = cards.compose(
            lottery, prizes, count=lottery.entry_count, room=cards.limit_of(lottery)
        )
        return text, cards.group_keyboard(lottery)
    place = None
    if is_in is None:
        is_in = Entry.objects.filter(person=incoming.person, lottery=lottery).exists()
    if is_in and lottery.is_decided:
        won = Place.objects.filter(lottery=lottery, entry__person=incoming.person)
        place = won.select_related("prize").first()
    text = texts.card(lottery, prizes, is_in=is_in, place=place, count=count)
    return text, _keys(lottery, is_in=is_in)


def _keys(lottery: Lottery, *, is_in: bool) -> Keyboard:
    keys: list[list[Press]] = []
    if lottery.state == State.OPEN and not is_in:
        keys.append([Press(_("🎉 Join"), Join(lottery.pk))])
    keys.append([Press(_("Details"), Details(lottery.pk)), Press(_("My giveaways"), MinePage(0))])
    return keys


@router.button(Join)
def join(incoming: Incoming, button: Join) -> None:
    count = _join(incoming, button.lottery)
    # in a chat the clock refreshes the card for everybody (services/cards.py)
    if count is None or not incoming.chat.is_private:
        return
    lottery = _find(incoming, pk=button.lottery)
    if lottery is not None:
        text, keyboard = _card(incoming, lottery, is_in=True, count=count)
        incoming.edit(text, keyboard=keyboard)


@router.button(JoinHere)
def join_here(incoming: Incoming, button: JoinHere) -> None:
    if _join(incoming, button.lottery) is not None and incoming.chat.is_private:
        text, keyboard = _running(incoming, button.page)
        incoming.edit(text, keyboard=keyboard)


def _join(incoming: Incoming, lottery_id: int) -> int | None:
    """Join, say how it went, and return how many take part if the person just came in."""
    person = incoming.person
    try:
        done = entries.join(lottery_id, person)
    except entries.NotFound:
        incoming.toast(texts.not_found(), alert=True)
    except entries.NotStarted:
        incoming.toast(texts.too_early(_find(incoming, pk=lottery_id)), alert=True)
    except entries.Ended as error:
        incoming.toast(texts.too_late(was_in=error.joined), alert=True)
    else:
        is_private = incoming.chat.is_private
        answer = texts.joined(
            is_new=done.is_new,
            has_started=person.has_started,
            is_private=is_private,
            count=done.count,
        )
        # what asks for something must stay until it was read
        incoming.toast(answer, alert=done.is_new and not is_private and not person.has_started)
        return done.count if done.is_new else None
    return None


@router.button(Details)
def show_details(incoming: Incoming, button: Details) -> None:
    lottery = _find(incoming, pk=button.lottery)
    if lottery is None:
        incoming.toast(texts.not_found(), alert=True)
    elif incoming.chat.is_private:
        keyboard = [[Press(_("‹ Back"), Back(lottery.pk))]]
        incoming.edit(texts.details(lottery, list(lottery.prizes.all())), keyboard=keyboard)
    else:
        incoming.toast(texts.brief(lottery), alert=True)


@router.button(Back)
def back_to_card(incoming: Incoming, button: Back) -> None:
    lottery = _find(incoming, pk=button.lottery)
    if lottery is None:
        incoming.toast(texts.not_found(), alert=True)
        return
    with speaking(incoming):
        text, keyboard = _card(incoming, lottery)
        incoming.edit(text, keyboard=keyboard)
