"""Notification channels: where staff hear of things."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from bots import events
from bots.channel_forms import TelegramForm, channel_form
from bots.models import Channel, Chat, Notice, Person
from bots.services import channels, notices
from bots.views import draw
from tenants.access import PortalRequest, member
from tenants.encryption import DecryptionError
from tenants.services.audit import Actor

Kind = Channel.Kind
ICONS = {Kind.TELEGRAM: "send", Kind.FEISHU: "chat", Kind.EMAIL: "mail", Kind.WEBHOOK: "webhook"}
ON_PAGE = 30
TONES = {Notice.State.SENT: "good", Notice.State.FAILED: "bad", Notice.State.SENDING: "info"}
# A test that takes longer than this waits for a worker, not for the service.
PATIENCE = timedelta(seconds=60)


def _all() -> QuerySet[Channel]:
    return Channel.objects.select_related("bot").defer("bot__token", "secret")


def _find(public_id: str) -> Any:
    """Return a channel ready to be shown. Raises Http404."""
    channel = get_object_or_404(_all().defer("target"), public_id=public_id)
    _describe([channel])
    return channel


@require_GET
@member()
def index(request: PortalRequest, slug: str) -> HttpResponse:
    try:
        found = list(_all().order_by("created_at", "pk"))
    except DecryptionError:
        # one damaged row must not take the page down
        found = list(_all().defer("target").order_by("created_at", "pk"))
    _describe(found)
    return draw(request, "bots/channels.html", {"channels": found, "kinds": _kinds()})


def _kinds() -> list[dict[str, str]]:
    texts = {
        Kind.TELEGRAM: _("A group, or you personally, through one of your bots."),
        Kind.FEISHU: _("A group in Feishu or Lark, through its custom bot."),
        Kind.EMAIL: _("Any mailbox."),
        Kind.WEBHOOK: _("Your own program, by a signed POST."),
    }
    return [
        {"value": kind.value, "label": str(kind.label), "icon": ICONS[kind], "text": texts[kind]}
        for kind in Kind
    ]


def _describe(found: list[Any]) -> None:
    """Give channels what their pages show beside the row: icon, place, titles of events."""
    titles = events.registered()
    names = _chat_names([c for c in found if c.kind == Kind.TELEGRAM and c.bot_id])
    for channel in found:
        channel.icon = ICONS[Kind(channel.kind)]
        channel.event_titles = [titles.get(kind, kind) for kind in channel.events]
        try:
            channel.place = _place(channel, names)
        except DecryptionError:
            channel.place = _("cannot be read")


def _place(channel: Channel, names: dict[tuple[int | None, int], str]) -> str:
    """Return where a channel leads, without what is secret in it."""
    target = channel.target
    if channel.kind == Kind.EMAIL:
        return target
    if channel.kind == Kind.WEBHOOK:
        return urlsplit(target).hostname or ""
    if channel.kind == Kind.FEISHU:
        return f"{urlsplit(target).hostname} …{target[-4:]}"
    name = names.get((channel.bot_id, int(target)), target)
    return f"{name} · {channel.bot}" if channel.bot else _("its bot was deleted")


def _chat_names(found: list[Channel]) -> dict[tuple[int | None, int], str]:
    """Return the names of the chats that channels lead to; a bot can be in very many others."""
    bot_ids, chat_ids = {one.bot_id for one in found}, set()
    for one in found:
        with suppress(DecryptionError):
            chat_ids.add(int(one.target))
    if not chat_ids:
        return {}
    wanted = {"bot_id__in": bot_ids, "telegram_id__in": chat_ids}
    names: dict[tuple[int | None, int], str] = {
        (chat.bot_id, chat.telegram_id): str(chat) for chat in Chat.objects.filter(**wanted)
    }
    # only those who can be chosen: people with a linked account
    linked = Person.objects.filter(**wanted, staff_link__isnull=False)
    return names | {(one.bot_id, one.telegram_id): one.full_name for one in linked}


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def add(request: PortalRequest, slug: str, kind: str) -> HttpResponse:
    if kind not in Kind.values:
        raise Http404
    form = channel_form(kind, None, request.POST or None, membership=request.membership)
    if request.method == "POST" and form.is_valid():
        secret = channels.new_secret() if kind == Kind.WEBHOOK else ""
        values = {"secret": secret, **form.values()}
        channel = channels.create(
            Channel(tenant=request.tenant, kind=kind, **values), actor=Actor.from_request(request)
        )
        if secret:
            return _show_secret(request, channel, secret)
        messages.success(request, _("Saved. Press “Send a test” to see whether it works."))
        return redirect("bots:channel", slug, channel.public_id)
    context = {
        "form": form,
        "kind": kind,
        "kind_label": Kind(kind).label,
        "has_no_places": isinstance(form, TelegramForm) and not form.places,
    }
    return draw(request, "bots/channel_form.html", context)


@require_GET
@member()
def detail(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    channel = _find(public_id)
    history = Notice.objects.filter(channel=channel).defer("blocks").order_by("-created_at", "-pk")
    page = Paginator(history, ON_PAGE).get_page(request.GET.get("page"))
    rows: Any = page
    for notice in rows:
        notice.event_title = events.title(notice.event)
        notice.tone = TONES.get(notice.state, "")
        notice.count = notice.data.get("count", 1)
    return draw(request, "bots/channel.html", {"channel": channel, "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@member("admin")
def edit(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    channel = _find(public_id)
    form = channel_form(channel.kind, channel, request.POST or None, membership=request.membership)
    if request.method == "POST" and form.is_valid():
        changes = {name: new for name, new in form.values().items() if _differs(channel, name, new)}
        for name, new in changes.items():
            setattr(channel, name, new)
        channels.change(channel, list(changes), actor=Actor.from_request(request))
        messages.success(request, _("Saved."))
        return redirect("bots:channel", slug, public_id)
    context = {"form": form, "channel": channel, "kind_label": channel.get_kind_display()}
    return draw(request, "bots/channel_form.html", context)


def _differs(channel: Channel, name: str, new: Any) -> bool:
    try:
        return bool(getattr(channel, name) != new)
    except DecryptionError:
        return True


@require_POST
@never_cache
@member("admin")
def new_secret(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    channel = _find(public_id)
    if channel.kind != Kind.WEBHOOK:
        raise Http404
    channel.secret = channels.new_secret()
    channels.change(channel, ["secret"], actor=Actor.from_request(request))
    return _show_secret(request, channel, channel.secret)


def _show_secret(request: PortalRequest, channel: Channel, secret: str) -> HttpResponse:
    return draw(request, "bots/channel_secret.html", {"channel": channel, "secret": secret})


@require_POST
@member("admin")
def delete(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    channel = _find(public_id)
    channels.delete(channel, actor=Actor.from_request(request))
    messages.success(request, _("“%(name)s” is deleted.") % {"name": channel.name})
    return redirect("bots:channels", slug)


@require_POST
@member("operator")
def test(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Write a test notice; the page asks for its fate. A worker delivers it, as it does all."""
    channel = _find(public_id)
    notice = notices.test(channel)
    if not request.headers.get("HX-Request"):
        messages.info(request, _("A test is on its way: its result appears below."))
        return redirect("bots:channel", slug, public_id)
    return _test_result(request, channel, notice)


@require_GET
@never_cache
@member()
def test_result(request: PortalRequest, slug: str, public_id: str, number: int) -> HttpResponse:
    channel = _find(public_id)
    notice = get_object_or_404(Notice.objects.filter(channel=channel, event=events.TEST), pk=number)
    return _test_result(request, channel, notice)


def _test_result(request: PortalRequest, channel: Channel, notice: Notice) -> HttpResponse:
    context = {
        "channel": channel,
        "notice": notice,
        "is_open": notice.state in (Notice.State.DUE, Notice.State.SENDING),
        "is_late": timezone.now() - notice.created_at > PATIENCE,
    }
    return draw(request, "bots/_channel_test.html", context)
