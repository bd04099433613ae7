"""What the buttons of an order do. OVH is asked by a worker, never by a page."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from ovh_sniper.forms.orders import RetractForm
from ovh_sniper.models import Order
from ovh_sniper.services.ordering import by_hand, paying
from ovh_sniper.services.ordering.by_hand import NotCancellable
from ovh_sniper.services.orders import too_late
from ovh_sniper.views import is_part
from ovh_sniper.views import order as order_page
from tenants.access import PortalRequest, member
from tenants.services import audit
from tenants.services.audit import Actor

QUEUE = "queue"


@require_POST
@member("operator")
def cancel(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Take an order back that no worker has sent yet."""
    order = order_page.find(public_id)
    try:
        with transaction.atomic():
            by_hand.cancel(
                order.pk,
                requested_by=request.user.email,
                actor=Actor.from_request(request),
                now=timezone.now(),
            )
    except NotCancellable as error:
        messages.error(request, too_late.words(error, too_late.CANCEL))
    else:
        messages.success(request, _("The order was taken back before it was sent."))
    if request.POST.get("back") == QUEUE:
        return redirect("ovh_sniper:queue", slug)
    return redirect("ovh_sniper:order", slug, public_id)


@require_POST
@member("admin")
def pay(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Have an unpaid order paid with the account's default payment method."""
    order = order_page.find(public_id)
    try:
        with transaction.atomic():
            paying.pay(order.pk, actor=Actor.from_request(request), now=timezone.now())
    except NotCancellable as error:
        messages.error(request, too_late.words(error, too_late.PAY))
    else:
        messages.success(request, _("OVH is asked to take the payment; you see here what comes."))
    return redirect("ovh_sniper:order", slug, public_id)


@require_POST
@member("admin")
def retract(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Have a paid order withdrawn from; a reason that will not do is shown again in its dialog."""
    order = order_page.find(public_id)
    form = RetractForm(request.POST)
    if not form.is_valid():
        return order_page.show(request, order, retract_form=form)
    try:
        with transaction.atomic():
            paying.retract(
                order.pk,
                form.cleaned_data["reason"],
                actor=Actor.from_request(request),
                now=timezone.now(),
            )
    except NotCancellable as error:
        messages.error(request, too_late.words(error, too_late.RETRACT))
    else:
        messages.success(request, _("OVH is told of the withdrawal; you see here what comes."))
    return redirect("ovh_sniper:order", slug, public_id)


@require_POST
@member("operator")
@never_cache
def link(request: PortalRequest, slug: str, public_id: str) -> HttpResponse:
    """Show the address at OVH where an unpaid order can be paid.

    It holds the order's password, so it stands in no address of ours: it is answered to a press,
    kept by no cache, and opened without a referrer. That it was shown is audited, not what.
    """
    order: Order = get_object_or_404(Order.objects.defer("cart_id"), public_id=public_id)
    if order.state != Order.State.PLACED or not order.url:
        messages.error(request, _("There is nothing to pay at OVH any more."))
        return redirect("ovh_sniper:order", slug, public_id)
    with transaction.atomic():
        audit.record("ovh_order.link_shown", actor=Actor.from_request(request), target=order)
    template = "_order_link" if is_part(request) else "order_link"
    response = render(request, f"ovh_sniper/{template}.html", {"order": order, "link": order.url})
    response["Referrer-Policy"] = "no-referrer"
    return response
