"""Tells admins what becomes of an OVH account: it broke, it works again, its key ends.

Every function only writes rows, and belongs into the transaction of what it speaks of, as its last
statement, inside the tenant's open scope. Each thing is told once: `doctor` keeps count.
"""

from __future__ import annotations

from collections.abc import Callable
from zoneinfo import ZoneInfo

from django.utils import timezone
from django.utils.html import format_html, format_html_join, strip_tags
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from bots.services import posts
from ovh_sniper.models import Account, Wish
from ovh_sniper.services.accounts import findings
from ovh_sniper.services.telling import preferences, recipients
from ovh_sniper.services.telling.recipients import Role
from ovh_sniper.services.wording import words
from tenants.models import Tenant

EVENT = "ovh.account"


def broke(account: Account) -> None:
    """Say that an account can no longer order, and why."""
    _tell(account, lambda: _broken(account))


def works_again(account: Account) -> None:
    """Say that an account can order again, and which of its wishes stay stopped all the same."""
    stopped = stopped_wishes(account)
    _tell(account, lambda: _mended(account, stopped))


def key_ends(account: Account, days: int) -> None:
    """Say that an account's consumer key ends soon: within `days`."""
    _tell(account, lambda: _ending(account, days))


def stopped_wishes(account: Account) -> int:
    """Return how many wishes of an account were stopped; they are never resumed by themselves."""
    return Wish.objects.filter(account=account, state=Wish.State.STOPPED).count()


def _broken(account: Account) -> SafeString:
    found = findings.in_order(account.findings)
    worst = [one for one in found if one.tone == findings.BAD] or found[:1]
    return format_html(
        "<b>{}</b>\n{}\n{}",
        _("⛔ OVH account “%(name)s” can no longer order") % {"name": account.name},
        format_html_join("\n", "{}", ((_said(one),) for one in worst)),
        _("Alerts of stock go on; orders do not until this is mended."),
    )


def _said(one: findings.Words) -> SafeString:
    items = format_html_join("", "\n• <code>{}</code>", ((item,) for item in one.items))
    return format_html("{}. {}{}", one.title, one.advice, items)


def _mended(account: Account, stopped: int) -> SafeString:
    title = _("✅ OVH account “%(name)s” works again") % {"name": account.name}
    if not stopped:
        return format_html("<b>{}</b>", title)
    said = ngettext(
        "%(count)s of its wishes was stopped and stays so until somebody resumes it.",
        "%(count)s of its wishes were stopped and stay so until somebody resumes them.",
        stopped,
    ) % {"count": stopped}
    return format_html("<b>{}</b>\n{}", title, said)


def _ending(account: Account, days: int) -> SafeString:
    if account.expires_at is None:
        raise ValueError("this key never ends")
    zone = ZoneInfo(Tenant.objects.get(pk=account.tenant_id).time_zone)
    title = ngettext(
        "⏳ The key of OVH account “%(name)s” ends within %(days)s day",
        "⏳ The key of OVH account “%(name)s” ends within %(days)s days",
        days,
    ) % {"name": account.name, "days": days}
    return format_html(
        "<b>{}</b>\n{} {}",
        title,
        _("It ends on %(at)s.") % {"at": words.moment(account.expires_at, zone)},
        _("Renew it before then; after that nothing can be ordered or followed."),
    )


def _tell(account: Account, render: Callable[[], SafeString]) -> None:
    chats = recipients.told(preferences.of(account.tenant_id), Role.ADMIN)
    with timezone.override(Tenant.objects.get(pk=account.tenant_id).time_zone):
        posts.post(chats, lambda _one: (render(), None))
        posts.notice(EVENT, lambda: _split(render()), account=account.public_id)


def _split(text: str) -> tuple[str, str]:
    """Return a message as a notice's title and text."""
    title, _line, rest = strip_tags(text).partition("\n")
    return title, rest or title
