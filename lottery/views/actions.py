"""What the buttons of a giveaway's page do."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from lottery.models import Lottery
from lottery.services import cards, giveaways
from lottery.views import detail
from tenants.access import PortalRequest, member
from tenants.services import audit
from tenants.services.audit import Actor

Act = Callable[[PortalRequest, Lottery], str]


def acting(act: Act) -> Callable[..., HttpResponse]:
    """Turn an act into a view: find the giveaway, act, say how it went, show its page."""

    @require_POST
    @member("operator")
    @wraps(act)
    def view(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
        lottery = get_object_or_404(
            Lottery.objects.select_related("bot", "chat"), public_id=public_id
        )
        try:
            messages.success(request, act(request, lottery))
        except giveaways.WrongState as error:
            messages.error(
                request, _("Too late: this giveaway is “%(state)s”.") % {"state": error.state.label}
            )
        except ValidationError as error:
            for problem in error.messages:
                messages.error(request, problem)
        return redirect("lottery:detail", slug, public_id)

    return view


@acting
def publish(request: PortalRequest, lottery: Lottery) -> str:
    done = giveaways.publish(lottery.pk, actor=Actor.from_request(request), now=timezone.now())
    if done.state == Lottery.State.SCHEDULED:
        return _("It will start by itself.")
    return _("It is running.")


@acting
def start(request: PortalRequest, lottery: Lottery) -> str:
    giveaways.publish(
        lottery.pk, actor=Actor.from_request(request), now=timezone.now(), at_once=True
    )
    return _("It is running.")


@acting
def post(request: PortalRequest, lottery: Lottery) -> str:
    if lottery.state != Lottery.State.OPEN:
        raise giveaways.WrongState(lottery.state)
    with transaction.atomic():
        if not cards.post(lottery):
            raise ValidationError(_("The bot is not in a chat that this could be posted in."))
        audit.record("giveaway.posted", actor=Actor.from_request(request), target=lottery)
    return _("The card is on its way to the chat.")


@require_POST
@member("operator")
def cancel(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Call a giveaway off; a reason that will not do is shown again in its dialog."""
    lottery = detail.find(public_id)
    reason = request.POST.get("reason", "")
    try:
        giveaways.cancel(
            lottery.pk, reason=reason, actor=Actor.from_request(request), now=timezone.now()
        )
    except ValidationError as error:
        return detail.show(request, lottery, reason=reason, reason_errors=error.messages)
    except giveaways.WrongState as error:
        messages.error(
            request, _("Too late: this giveaway is “%(state)s”.") % {"state": error.state.label}
        )
    else:
        messages.success(request, _("The giveaway was called off."))
    return redirect("lottery:detail", slug, public_id)
