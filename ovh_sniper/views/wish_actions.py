"""What the buttons of wishes do, for one or for many that were ticked."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from ovh_sniper.models import Wish
from ovh_sniper.services.wishes import lifecycle, listing, resuming
from ovh_sniper.views import may
from ovh_sniper.views.wish import find
from tenants.access import PortalRequest, member
from tenants.services.audit import Actor

# what a forged form could name; a page ticks at most 25
MOST = 100
Act = Callable[[PortalRequest, Sequence[Wish]], None]


# --- What each does, and says of it


def _pause(request: PortalRequest, chosen: Sequence[Wish]) -> None:
    count = lifecycle.pause(chosen, **_by(request))
    _say(request, ngettext("%(n)s wish paused.", "%(n)s wishes paused.", count), count)
    rest = len(chosen) - count
    said = ngettext("%(n)s was not being watched for.", "%(n)s were not being watched for.", rest)
    _say(request, said, rest, level=messages.INFO)


def _resume(request: PortalRequest, chosen: Sequence[Wish]) -> None:
    # what pays by itself begins only by the word of who may pay
    able = [one for one in chosen if not one.autopay or may(request, "admin")]
    barred = len(chosen) - len(able)
    by = _by(request)
    count = resuming.resume(able, **by, may_pay=may(request, "admin"), anew=True)
    said = ngettext(
        "%(n)s wish is watched for again.", "%(n)s wishes are watched for again.", count
    )
    _say(request, said, count)
    said = ngettext(
        "%(n)s pays automatically: only an admin may resume it.",
        "%(n)s pay automatically: only an admin may resume them.",
        barred,
    )
    _say(request, said, barred, level=messages.ERROR)
    rest = len(able) - count
    said = ngettext(
        "%(n)s stays as it is: it is watched for already, has all it asked for, or its time is "
        "over.",
        "%(n)s stay as they are: they are watched for already, have all they asked for, or their "
        "time is over.",
        rest,
    )
    _say(request, said, rest, level=messages.WARNING)


def _clear(request: PortalRequest, chosen: Sequence[Wish]) -> None:
    count = lifecycle.clear(chosen, **_by(request))
    said = ngettext(
        "%(n)s wish removed. Its orders stay.", "%(n)s wishes removed. Their orders stay.", count
    )
    _say(request, said, count)


def _duplicate(request: PortalRequest, chosen: Sequence[Wish]) -> None:
    copies = [_copy(request, one) for one in chosen]
    said = ngettext(
        "Copied. The copy is paused: look at it, then resume it.",
        "%(n)s copies made. They are paused: look at them, then resume them.",
        len(copies),
    )
    _say(request, said, len(copies))


def _copy(request: PortalRequest, wish: Wish) -> Wish:
    """Copy a wish; in the copy of who may not pay nothing pays by itself."""
    changes: dict[str, Any] = {}
    if wish.autopay and not may(request, "admin"):
        changes["autopay"] = False
        _say(request, _("Automatic payment is off in the copy: only an admin may allow it."), 1)
    by = _by(request)
    return lifecycle.duplicate(wish, **by, may_pay=may(request, "admin"), **changes)


ACTS: dict[str, Act] = {
    "pause": _pause,
    "resume": _resume,
    "duplicate": _duplicate,
    "clear": _clear,
}


def _by(request: PortalRequest) -> dict[str, Any]:
    return {"actor": Actor.from_request(request), "now": timezone.now()}


def _say(request: PortalRequest, text: str, count: int, *, level: int = messages.SUCCESS) -> None:
    if count:
        messages.add_message(request, level, text % {"n": count} if "%(n)s" in text else text)


# --- One wish


@require_POST
@member("operator")
def pause(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Stop watching for a wish."""
    return _act_on_one(request, _pause, find(public_id))


@require_POST
@member("operator")
def resume(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Watch for a wish again; ask once more where that orders anew."""
    wish = find(public_id)
    return _ask_resuming(request, [wish]) or _act_on_one(request, _resume, wish)


@require_POST
@member("operator")
def duplicate(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Copy a wish and open the copy's form."""
    wish = find(public_id)
    try:
        with transaction.atomic():
            copy = _copy(request, wish)
    except ValidationError as error:
        _tell_problems(request, error)
        return redirect("ovh_sniper:wish", slug, public_id)
    messages.success(request, _("This is the copy. It is paused: look at it, then resume it."))
    return redirect("ovh_sniper:wish_edit", slug, copy.public_id)


@require_POST
@member("operator")
def clear(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Remove a wish."""
    with transaction.atomic():
        _clear(request, [find(public_id)])
    return redirect("ovh_sniper:wishes", slug)


def _act_on_one(request: PortalRequest, act: Act, wish: Wish) -> HttpResponse:
    with transaction.atomic():
        act(request, [wish])
    return redirect("ovh_sniper:wish", request.tenant.slug, wish.public_id)


def _tell_problems(request: PortalRequest, error: ValidationError) -> None:
    for problem in error.messages:
        messages.error(request, problem)


# --- Those that were ticked


@require_POST
@member("operator")
def act(request: PortalRequest, slug: str) -> HttpResponse:
    """Pause, resume, copy or remove the ticked wishes; what cannot be undone asks once more."""
    name = request.POST.get("action", "")
    ids = [one for one in request.POST.getlist("wish")[:MOST] if one.isalnum()]
    chosen = list(listing.listed().filter(public_id__in=ids))
    doing = ACTS.get(name)
    if doing is None or not chosen:
        messages.info(request, _("Tick the wishes that you mean first."))
    elif name == "clear" and "confirmed" not in request.POST:
        return render(request, "ovh_sniper/wishes_clear.html", {"chosen": chosen})
    elif name == "resume" and (question := _ask_resuming(request, chosen)) is not None:
        return question
    else:
        try:
            with transaction.atomic():
                doing(request, chosen)
        except ValidationError as error:
            _tell_problems(request, error)
    return redirect("ovh_sniper:wishes", slug)


def _ask_resuming(request: PortalRequest, chosen: Sequence[Wish]) -> HttpResponse | None:
    """Return the page that says what resuming orders anew; None: nothing, or it was confirmed."""
    if "confirmed" in request.POST:
        return None
    now, may_pay = timezone.now(), may(request, "admin")
    anew = [
        (wish, count)
        for wish in chosen
        if resuming.is_resumable(wish, now, may_pay=may_pay, anew=True)
        and (count := resuming.ordered_anew(wish))
    ]
    if not anew:
        return None
    context = {"chosen": chosen, "anew": anew}
    return render(request, "ovh_sniper/wishes_resume.html", context)
