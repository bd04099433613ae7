"""The form of a giveaway, with its preview."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from lottery.forms import GiveawayForm, initial_of, prize_formset
from lottery.models import Lottery, Prize
from lottery.services import cards, giveaways, plans
from lottery.views import listing
from tenants.access import PortalRequest, member
from tenants.services.audit import Actor

DEFAULT_LENGTH = timedelta(days=7)


@require_http_methods(["GET", "HEAD", "POST"])
@member("operator")
def create(request: PortalRequest, slug: str) -> HttpResponse:
    if request.method != "POST":
        if not listing.has_bot():
            return redirect("lottery:list", slug)
        form = GiveawayForm(initial=_initial(request))
        return _show(request, form, prize_formset()(prefix="prizes"))
    return _take(request, None)


@require_http_methods(["GET", "HEAD", "POST"])
@member("operator")
def change(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    lottery = get_object_or_404(Lottery.objects.select_related("bot"), public_id=public_id)
    if lottery.state not in giveaways.EDITABLE:
        messages.error(request, _("It is already running, so it can no longer be changed."))
        return redirect("lottery:detail", slug, public_id)
    if request.method == "POST":
        return _take(request, lottery)
    form = GiveawayForm(initial=initial_of(lottery))
    lines = [{"name": prize.name, "count": prize.count} for prize in lottery.prizes.all()]
    formset = prize_formset(rows=max(1, len(lines)))(prefix="prizes", initial=lines)
    return _show(request, form, formset, lottery)


def _initial(request: PortalRequest) -> dict[str, Any]:
    zone_name = request.tenant.time_zone
    now = timezone.localtime().replace(tzinfo=None, second=0, microsecond=0)
    bot = request.GET.get("bot", "")
    return {"time_zone": zone_name, "ends_at": now + DEFAULT_LENGTH, "bot": bot}


def _take(request: PortalRequest, lottery: Lottery | None) -> HttpResponse:
    """Store what was typed, or show it again with what is wrong."""
    form = GiveawayForm(request.POST, request.FILES, initial=initial_of(lottery) if lottery else {})
    if "add_prize" in request.POST:
        # without JavaScript this button brings one more line, and nothing is checked yet
        form.errors.clear()
        return _show(request, form, _one_more(request), lottery)
    formset = prize_formset()(request.POST, prefix="prizes")
    saved = None
    try:
        saved = _save(request, form, formset, lottery)
    except ValidationError as error:
        form.add_problems(error)
    except giveaways.WrongState:
        messages.error(request, _("It is already running, so it can no longer be changed."))
        return redirect("lottery:list", request.tenant.slug)
    if saved is None:
        return _show(request, form, formset, lottery)
    return redirect("lottery:detail", request.tenant.slug, saved.public_id)


def _one_more(request: PortalRequest) -> Any:
    """Return the lines as they were typed, and an empty one."""
    lines = []
    for number in range(plans.MAX_LINES):
        name = request.POST.get(f"prizes-{number}-name")
        if name is None:
            break
        lines.append({"name": name, "count": request.POST.get(f"prizes-{number}-count", "1")})
    return prize_formset(rows=len(lines) + 1)(prefix="prizes", initial=lines)


def _save(
    request: PortalRequest, form: GiveawayForm, formset: Any, lottery: Lottery | None
) -> Lottery | None:
    """Write the draft and, where asked, publish it: both or nothing. None: a form is wrong.

    Raises:
        ValidationError: what the rules refuse.
        WrongState: it runs already.
    """
    lines_are_valid = formset.is_valid()
    if not form.is_valid():
        return None
    actor, now = Actor.from_request(request), timezone.now()
    if not lines_are_valid:
        # all that is wrong is said at once, also while the prizes are
        plans.check(form.plan([plans.PrizeLine(name="…")]), now=now)
        return None
    plan = form.plan(formset.lines())
    publish = "publish" in request.POST
    with transaction.atomic():
        if lottery is None:
            saved = giveaways.create(plan, actor=actor, now=now)
        else:
            saved = giveaways.update(lottery.pk, plan, actor=actor, now=now)
        if publish and saved.state == Lottery.State.DRAFT:
            saved = giveaways.publish(saved.pk, actor=actor, now=now)
    said = {
        Lottery.State.OPEN: _("It is running."),
        Lottery.State.SCHEDULED: _("It will start by itself."),
    }
    messages.success(request, said.get(Lottery.State(saved.state), _("The draft is saved.")))
    return saved


def _show(
    request: PortalRequest,
    form: GiveawayForm,
    formset: Any,
    lottery: Lottery | None = None,
) -> HttpResponse:
    context = {
        "form": form,
        "formset": formset,
        "lottery": lottery,
        "chat_bots": {str(chat.pk): chat.bot.public_id for chat in form.chats},
        "image_url": _image_url(form, lottery),
    }
    return render(request, "lottery/form.html", context)


def _image_url(form: GiveawayForm, lottery: Lottery | None) -> str:
    kept = getattr(form, "kept_name", "")
    if kept:
        return Lottery(image=kept).image.url
    return lottery.image.url if lottery is not None and lottery.image else ""


@require_POST
@member("operator")
def preview(request: PortalRequest, slug: str) -> HttpResponse:
    """Return the card as the chat will show it, of whatever has been typed so far."""
    form = GiveawayForm(request.POST)
    form.is_valid()
    formset = prize_formset()(request.POST, prefix="prizes")
    formset.is_valid()
    given = form.cleaned_data
    now = timezone.now()
    ends_at, starts_at = given.get("ends_at"), given.get("starts_at")
    is_later = starts_at is not None and timezone.is_aware(starts_at) and starts_at > now
    lottery = Lottery(
        title=request.POST.get("title", "").strip()[:200] or _("Title"),
        text=request.POST.get("text", "").strip()[:3000],
        starts_at=starts_at if is_later else None,
        ends_at=ends_at if ends_at and timezone.is_aware(ends_at) else now + DEFAULT_LENGTH,
        time_zone=given.get("time_zone") or "UTC",
        image="x" if request.POST.get("has_image") else "",
        state=Lottery.State.SCHEDULED if is_later else Lottery.State.OPEN,
    )
    prizes = [
        Prize(name=row.cleaned_data["name"], count=row.cleaned_data.get("count") or 1)
        for row in formset.forms
        if getattr(row, "cleaned_data", {}).get("name")
    ]
    bot = given.get("bot")
    with translation.override(bot.language if bot else translation.get_language()):
        text = cards.compose(lottery, prizes, count=0, room=cards.limit_of(lottery))
        keys = [_("🎉 Join"), _("Open in private")]
    return render(request, "lottery/_bubble_text.html", {"text": text, "keys": keys})
