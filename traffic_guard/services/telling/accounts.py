"""Tells admins what becomes of a cloud account: it broke, it works again, its stops are halted.

It only writes rows, and belongs into the transaction of what it speaks of, as its last statement,
inside the tenant's open scope. Each thing is told once: accounts/halting.py keeps count.
"""

from __future__ import annotations

from django.utils import timezone
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from bots.blocks import Block
from bots.messages import Keyboard, Link
from bots.services import posts, recipients
from bots.services.recipients import Recipient, Role
from traffic_guard.models import Account
from traffic_guard.services.accounts import findings
from traffic_guard.services.accounts.halting import Broke, Halted, News
from traffic_guard.services.telling import bulletins, facts, layout, outlook, pages, preferences

EVENT = "traffic.account"
COLOURS: dict[type, str] = {Broke: "red", Halted: "red"}
Lines = list[tuple[str, str]]


def news(account: Account, found: News | None) -> None:
    """Tell of what `accounts.halting` found news of an account; None: there is none."""
    if found is None:
        return
    slug = facts.frame_of(account.tenant_id, timezone.now()).slug
    page = pages.account(account.public_id, slug)

    def render(_one: Recipient) -> tuple[SafeString, Keyboard | None]:
        # Telegram refuses buttons that lead to a machine's inner address
        keys = [[Link(_("Open"), page)]] if page.startswith("https://") else None
        return layout.whole(_title(account, found), _lines(account, found)), keys

    chats = recipients.told(bulletins.PRODUCT, preferences.of(account.tenant_id), Role.ADMIN)
    posts.post(chats, render)
    posts.notice(
        EVENT,
        lambda: (_title(account, found), ""),
        blocks=lambda: [_block(account, found, page)],
        colour=COLOURS.get(type(found), "green"),
        group=EVENT,
        many=lambda: _("%(count)s cloud accounts need a look"),
    )


def _title(account: Account, found: News) -> str:
    given = {"name": account.name}
    if isinstance(found, Broke):
        return _("⛔ The cloud refuses the account “%(name)s”") % given
    if isinstance(found, Halted):
        return _("⛔ Automatic stops of the account “%(name)s” rest") % given
    return _("✅ The account “%(name)s” works again") % given


def _lines(account: Account, found: News) -> Lines:
    if isinstance(found, Broke):
        return [*_findings(account), (_("Until then"), _("nothing is read and nothing stopped"))]
    if isinstance(found, Halted):
        why = str(outlook.HALTED.get(found.code, found.code))
        return [
            (_("Why"), why),
            (_("Until then"), _("its traffic is read, and you stop servers by hand")),
            (_("What to do"), _("Mend it, then allow stops again on the account’s page.")),
        ]
    return [(_("Now"), _("its traffic is read again"))]


def _findings(account: Account) -> Lines:
    found = findings.of_account(account)
    worst = [one for one in found if one.tone == findings.BAD] or found[:1]
    return [(one.title, one.advice) for one in worst]


def _block(account: Account, found: News, page: str) -> Block:
    code = found.code if isinstance(found, Broke | Halted) else ""
    return Block(
        _title(account, found),
        facts=tuple(_lines(account, found)),
        links=((_("Open"), page),),
        key=f"account:{account.public_id}",
        data={"account": account.public_id, "news": type(found).__name__.lower(), "code": code},
    )
