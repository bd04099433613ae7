"""Who hears of servers and traffic: chats, digests, channels, and samples to try them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bots import events
from bots.models import Bot, Channel, Notice, StaffLink
from bots.services import notices, recipients
from tenants.access import PortalRequest, member
from tenants.models import Membership
from tenants.services.audit import Actor
from traffic_guard.forms.notifications import NotificationsForm, initial_of
from traffic_guard.models import Preferences
from traffic_guard.services.telling import preferences, samples
from traffic_guard.services.telling.bulletins import PRODUCT
from traffic_guard.views import may

PREFIX = "traffic."
# A sample that takes longer than this waits for a worker, not for the service.
PATIENCE = timedelta(seconds=60)


@dataclass(frozen=True, slots=True)
class ChannelRow:
    """A channel, and what of this product it is told: `titles` empty is nothing."""

    channel: Channel
    titles: list[str]

    @property
    def takes_all(self) -> bool:
        """Whether it is told everything of this product."""
        return len(self.titles) == len(_events())


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A member, and at which bots of the product he linked his Telegram account."""

    membership: Membership
    bots: list[str]
    # Telegram takes nothing for him: he never started the bot, or blocked it
    is_unreachable: bool


@require_http_methods(["GET", "HEAD", "POST"])
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show who is told to every member; operators change it."""
    # a viewer's look writes no row
    found = Preferences.objects.first() or Preferences()
    form = NotificationsForm(request.POST or None, initial=initial_of(found))
    if request.method == "POST" and form.is_valid():
        with transaction.atomic():
            preferences.change(
                request.tenant.pk, actor=Actor.from_request(request), **form.changes()
            )
        messages.success(request, _("Saved."))
        return redirect("traffic_guard:notifications", slug)
    may_change = may(request, "operator")
    if not may_change:
        for field in form.fields.values():
            field.disabled = True
    muted_until = found.muted_until
    context = {
        "form": form,
        "may_change": may_change,
        "may_set_up": may(request, "admin"),
        "is_muted": muted_until is not None and muted_until > timezone.now(),
        "muted_until": muted_until,
        "channels": _channels(),
        "members": _members(),
        "bots": _bots(),
    }
    return render(request, "traffic_guard/notifications.html", context)


def _events() -> list[str]:
    return [kind for kind in events.registered() if kind.startswith(PREFIX)]


def _channels() -> list[ChannelRow]:
    found = Channel.objects.defer("target", "secret").order_by("created_at", "pk")
    return [
        ChannelRow(one, [events.title(kind) for kind in _events() if notices.wants(one, kind)])
        for one in found
    ]


def _bots() -> list[Bot]:
    found = Bot.objects.defer("token").order_by("pk")
    return [bot for bot in found if recipients.serves(bot, PRODUCT)]


def _members() -> list[MemberRow]:
    found: dict[int, list[StaffLink]] = {}
    links = StaffLink.objects.select_related("person__bot").defer("person__bot__token")
    for link in links.order_by("pk"):
        if recipients.serves(link.person.bot, PRODUCT):
            found.setdefault(link.membership_id, []).append(link)
    members = Membership.objects.filter(user__is_active=True).select_related("user")
    return [
        MemberRow(
            one,
            [f"@{link.person.bot.username}" for link in found.get(one.pk, [])],
            all(not _is_reached(link) for link in found.get(one.pk, [])),
        )
        for one in members.order_by("user__email")
    ]


def _is_reached(link: StaffLink) -> bool:
    return link.person.has_started and link.person.blocked_at is None


# --- Samples


@require_POST
@member("operator")
def test_chats(request: PortalRequest, slug: str) -> HttpResponse:
    """Say a sample in the chats that hear of planned stops."""
    with transaction.atomic():
        count = samples.to_chats(request.tenant.pk, timezone.now())
    if count:
        said = ngettext("A sample goes to %(n)s chat.", "A sample goes to %(n)s chats.", count)
        messages.success(request, said % {"n": count})
    else:
        messages.warning(request, _("Nobody is told: choose a chat, or link Telegram accounts."))
    return redirect("traffic_guard:notifications", slug)


@require_POST
@never_cache
@member("operator")
def test_channel(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Write a sample card for one channel; the page asks for its fate. A worker delivers it."""
    channel = get_object_or_404(Channel.objects.defer("target", "secret"), public_id=public_id)
    with transaction.atomic():
        notice = samples.to_channel(channel, timezone.now())
    if not request.headers.get("HX-Request"):
        messages.info(request, _("A sample is on its way to “%(name)s”.") % {"name": channel.name})
        return redirect("traffic_guard:notifications", slug)
    return _fate(request, channel, notice)


@require_GET
@never_cache
@member()
def test_result(request: PortalRequest, slug: str, public_id: str, number: int) -> HttpResponse:
    """Show what became of a sample card."""
    channel = get_object_or_404(Channel.objects.defer("target", "secret"), public_id=public_id)
    mine = Notice.objects.filter(channel=channel, event=events.TEST).defer("blocks")
    return _fate(request, channel, get_object_or_404(mine, pk=number))


def _fate(request: PortalRequest, channel: Channel, notice: Notice) -> HttpResponse:
    context = {
        "channel": channel,
        "notice": notice,
        "is_open": notice.state in (Notice.State.DUE, Notice.State.SENDING),
        "is_late": timezone.now() - notice.created_at > PATIENCE,
    }
    return render(request, "traffic_guard/_notification_test.html", context)
