"""An order by hand: what it would be and cost, once more where it is much, and then the order."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods
from django_htmx.http import HttpResponseClientRedirect

from ovh_sniper.forms.orders import FAMILIES, OrderNowForm
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Order
from ovh_sniper.services.catalogue import catalogues
from ovh_sniper.services.ordering import by_hand
from ovh_sniper.services.ordering.by_hand import CannotOrder, Preview, Repeated
from ovh_sniper.services.orders import listing, reasons
from ovh_sniper.services.telling import preferences
from ovh_sniper.services.wording import words
from ovh_sniper.views import is_part, may
from tenants.access import PortalRequest, member
from tenants.ids import public_id

ORDER, CONFIRM = "order", "confirm"


@require_http_methods(["GET", "HEAD", "POST"])
@member("operator")
def order_new(request: PortalRequest, slug: str) -> HttpResponse:
    """Show what an order would be, or place it.

    A posted `step` of `order` places it where the price is the one that was shown and neither
    number nor total is above the tenant's limits, else it asks once more; `confirm` is the answer
    to that; anything else shows the form again with what was changed.
    """
    asked = Asked(request)
    if request.method == "POST" and request.POST.get("step") in (ORDER, CONFIRM):
        return asked.take(request.POST["step"])
    return asked.show()


class Asked:
    """One request for servers, as far as it was filled in."""

    def __init__(self, request: PortalRequest) -> None:
        self.request = request
        self.now = timezone.now()
        linked = Account.objects.filter(left_at=None).defer(*listing.ACCOUNT_SECRETS)
        accounts = [one for one in linked.order_by("pk") if one.can_order]
        self.form = OrderNowForm(_filled(request), accounts=accounts, may_pay=may(request, "admin"))
        self.preview: Preview | None = None
        self.refused = ""
        self.repeated: Order | None = None

    # --- What comes of it

    def show(self) -> HttpResponse:
        """Return the form with its preview."""
        self._look()
        return self._render("_order_form", "order_new")

    def take(self, step: str) -> HttpResponse:
        """Place the orders, or ask once more, or say why not."""
        if self.form.has_key and (before := listing.of_request(self._key)):
            # the press arrived already, and may have bought the last one there was
            return self._done(before)
        self._look()
        if self.preview is None:
            return self._render("_order_form", "order_new")
        if self._is_much(step):
            return self._render("_order_confirm", "order_confirm")
        try:
            with transaction.atomic():
                orders = self._place()
        except Repeated as error:
            self.repeated = error.order
        except CannotOrder as error:
            self.refused = reasons.words(error.reason, error.detail)
        else:
            return self._done(orders)
        return self._render("_order_form", "order_new")

    def _look(self) -> None:
        buyer = self.form.buyer
        if not self.form.is_valid() or buyer is None:
            return
        try:
            self.preview = by_hand.preview(
                buyer,
                self.form.cleaned_data["plan"],
                datacenters=self.form.cleaned_data["datacenters"],
                options=self.form.options,
                now=self.now,
            )
        except CannotOrder as error:
            self.refused = reasons.words(error.reason, error.detail)

    def _is_much(self, step: str) -> bool:
        """Tell whether somebody has to look once more: at another price, or at so much."""
        if self.request.POST.get("seen", "") != self._seen:
            return True
        if step == CONFIRM:
            return False
        limits = preferences.of(self.request.tenant.pk)
        total, most = self.total, limits.confirm_amount
        return (
            self.quantity > limits.confirm_above
            or total is None
            or (most is not None and total > most)
        )

    def _place(self) -> list[Order]:
        given, buyer = self.form.cleaned_data, self.form.buyer
        if buyer is None:
            raise CannotOrder("account")
        return by_hand.order_plan(
            buyer,
            given["plan"],
            # as the preview sorted them: the soonest first
            datacenters=self.preview.datacenters if self.preview else (),
            quantity=self.quantity,
            options=self.form.options,
            # the last look's, which is what was shown: the price list may be read anew meanwhile
            cap_due_now=self.preview.due_now if self.preview else None,
            cap_renewal=self.preview.renewal if self.preview else None,
            source=Order.Source.PORTAL,
            request_key=self._key,
            requested_by=self.request.user.email,
            autopay=given.get("autopay", False),
            now=self.now,
        )

    def _done(self, orders: list[Order]) -> HttpResponse:
        said = ngettext("Order submitted.", "%(n)s orders submitted.", len(orders))
        messages.success(self.request, said % {"n": len(orders)})
        slug = self.request.tenant.slug
        target = reverse("ovh_sniper:queue", args=[slug])
        if len(orders) == 1:
            target = reverse("ovh_sniper:order", args=[slug, orders[0].public_id])
        if is_part(self.request):
            return HttpResponseClientRedirect(target)
        return redirect(target)

    @property
    def _key(self) -> str:
        """The key of this press, which no other member and no chat or program can have."""
        return f"portal:{self.request.user.pk}:{self.form.data.get('request_key', '')}"

    # --- What is shown

    @property
    def quantity(self) -> int:
        """How many servers; one where nonsense was typed."""
        return int(self.form.cleaned_data.get("quantity") or 1)

    @property
    def total(self) -> Decimal | None:
        """What all of them cost now, with tax; None where the price list names no price."""
        if self.preview is None or self.preview.due_now is None:
            return None
        return self.preview.due_now * self.quantity

    @property
    def _seen(self) -> str:
        """What a person saw who pressed the button: later hardware or prices are others."""
        if (saw := self.preview) is None:
            return ""
        return f"{self.quantity}x{saw.fqn} {saw.due_now} {saw.renewal} {saw.currency}"

    def _render(self, fragment: str, page: str) -> HttpResponse:
        template = fragment if is_part(self.request) else page
        response = render(self.request, f"ovh_sniper/{template}.html", self._context())
        response["Cache-Control"] = "no-store"
        return response

    def _context(self) -> dict[str, Any]:
        shown = self.preview
        context = {
            "form": self.form,
            "title": self._title(),
            "refused": self.refused,
            "repeated": self.repeated,
            "seen": self._seen,
            "quantity": self.quantity if self.form.is_valid() else 1,
            "preview": shown,
        }
        if shown is not None:
            context |= {
                "places": [words.place(code) for code in shown.datacenters],
                "parts": self._parts(shown),
                "each": words.money(shown.due_now, shown.currency),
                "later": words.money(shown.renewal, shown.currency),
                "total": words.money(self.total, shown.currency),
                "has_price": shown.due_now is not None,
            }
        return context

    def _title(self) -> str:
        code = str(self.form.data.get("plan") or "")
        buyer = self.form.buyer
        catalogue = buyer and catalogues.current(Host(buyer.host), buyer.subsidiary)
        plan = catalogue.plans.get(code) if catalogue else None
        return plan.name if plan else code or _("Order a server")

    def _parts(self, shown: Preview) -> list[tuple[str, str]]:
        buyer = self.form.buyer
        catalogue = buyer and catalogues.current(Host(buyer.host), buyer.subsidiary)
        known = catalogue.addons if catalogue else {}
        return [
            (str(FAMILIES.get(family, family)), known[code].name if code in known else code)
            for family, code in sorted(shown.addons.items())
        ]


def _filled(request: PortalRequest) -> QueryDict:
    """Return what was posted, or an address's choices with a key for the press to come."""
    if request.method == "POST":
        return request.POST
    data = request.GET.copy()
    data["request_key"] = public_id()
    data.setdefault("quantity", "1")
    return data
