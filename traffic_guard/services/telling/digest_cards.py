"""What digests say: the same sections in chats and for channels; in the active language."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.blocks import Block
from traffic_guard.models import Account, PlannedStop, PowerAction
from traffic_guard.services.readings.words import money, volume
from traffic_guard.services.telling import (
    action_words,
    figures,
    layout,
    pages,
    plan_words,
    trouble_words,
)
from traffic_guard.services.telling.facts import Facts, Frame
from traffic_guard.services.telling.saving import Saved

DAILY, WEEKLY = "daily", "weekly"
# Lines of a section: six full ones stay below Telegram's 4,096 characters.
MOST = 6
Lines = list[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Digest:
    """What happened in a day or a week, and how things stand now."""

    period: str
    frame: Frame
    since: datetime
    servers: int
    least: Sequence[Facts]
    running_out: Sequence[Facts]
    unknown: Sequence[Facts]
    plans: Sequence[tuple[PlannedStop, Facts]]
    actions: Sequence[PowerAction]  # settled in that time, with their servers
    accounts: Sequence[Account]  # that need a look
    saved: Saved


def heading(digest: Digest) -> str:
    """Return the digest's first line."""
    if digest.period == WEEKLY:
        return _("🗞 Servers and traffic: the last 7 days")
    return _("🗞 Servers and traffic: the last 24 hours")


def sections(digest: Digest) -> list[tuple[str, Lines]]:
    """Return the titled parts that have anything to say."""
    found = [
        (_("Least left"), _named(digest.least, figures.briefly)),
        (_("Run out before the reset"), _named(digest.running_out, figures.forecast)),
        (_("Planned stops"), [(p.server.name, plan_words.outlook(p, a)) for p, a in digest.plans]),
        (_("Stopped and started"), [_action(one, digest.frame) for one in digest.actions]),
        (_("Not known what is left"), _named(digest.unknown, _unknown)),
        (_("Accounts that need a look"), [_account(one) for one in digest.accounts]),
        (_("Saved"), _saved(digest)),
    ]
    return [(title, lines) for title, lines in found if lines]


def text(digest: Digest) -> SafeString:
    """Return the digest as a chat's message: one line where there is nothing to say."""
    parts = [_part(title, lines) for title, lines in sections(digest)]
    if not parts:
        return format_html("<b>{}</b>\n{}", heading(digest), _quiet(digest))
    return layout.joined(heading(digest), parts)


def _part(title: str, lines: Lines) -> SafeString:
    shown = [format_html("{}: {}", name, said) for name, said in lines[:MOST]]
    if (more := len(lines) - MOST) > 0:
        said = ngettext("… and %(n)s more", "… and %(n)s more", more) % {"n": more}
        shown.append(format_html("<i>{}</i>", said))
    return format_html(
        "<b>{}</b>\n{}", title, format_html_join("\n", "{}", ((one,) for one in shown))
    )


def _quiet(digest: Digest) -> str:
    if not digest.servers:
        return _("No server is watched yet.")
    return ngettext(
        "%(n)s server is watched, and nothing happened.",
        "%(n)s servers are watched, and nothing happened.",
        digest.servers,
    ) % {"n": digest.servers}


def blocks(digest: Digest) -> list[Block]:
    """Return the digest as channels show it."""
    found = [
        Block(title, facts=tuple(lines), key=f"digest:{digest.period}:{number}")
        for number, (title, lines) in enumerate(sections(digest))
    ]
    link = ((_("All servers"), pages.servers(digest.frame.slug)),)
    if not found:
        return [Block(_quiet(digest), links=link, key=f"digest:{digest.period}")]
    last = found[-1]
    return [*found[:-1], Block(last.title, last.facts, links=link, key=last.key)]


def _named(found: Sequence[Facts], say: Callable[[Facts], str]) -> Lines:
    return [(one.server.name, say(one)) for one in found]


def _unknown(one: Facts) -> str:
    return trouble_words.why(one.standing.trouble)


def _action(action: PowerAction, frame: Frame) -> tuple[str, str]:
    state = action_words.state(action, frame.zone, frame.now)
    return f"{action_words.mark(action)} {action.server.name}", state


def _account(account: Account) -> tuple[str, str]:
    if account.halted_for:
        return account.name, _("its automatic stops are halted")
    return account.name, str(account.get_state_display())


def _saved(digest: Digest) -> Lines:
    saved = digest.saved
    if not saved.size:
        return []
    given = {"volume": volume(saved.size)}
    if saved.amount is None:
        said = _("about %(volume)s above the packages, by stops in time") % given
    else:
        given["amount"] = money(saved.amount, digest.frame.settings.excess_currency)
        said = _("about %(amount)s: %(volume)s above the packages, by stops in time") % given
    return [(_("Excess traffic"), said)]
