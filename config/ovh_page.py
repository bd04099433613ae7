"""The operators' page of OVH: how its hosts are polled, how fast orders go, what is stuck."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.contrib import admin
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse  # noqa: TID251 - a page of the site
from django.shortcuts import render  # noqa: TID251
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import pgettext
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET

from config.dashboard import Figure, in_words
from config.operator_parts import (
    NONE,
    Cell,
    Fact,
    Line,
    Table,
    ago,
    cells,
    change_url,
    lag,
    list_url,
)
from ovh_sniper.models import WarmCart
from ovh_sniper.services.operators import lags, oversight
from ovh_sniper.services.operators.lags import PollerState
from tenants.redaction import struck

# The whole list is looked at once a minute at the least, so this is late.
LATE = 180.0  # seconds
APP = "ovh_sniper"


@never_cache
@require_GET
def page(request: HttpRequest) -> HttpResponse:
    """Show it; the part that moves alone where that asks for itself again.

    Raises:
        PermissionDenied: the operator may not see the pollers.
    """
    if not request.user.has_perm("ovh_sniper.view_poller"):
        raise PermissionDenied
    now = timezone.now()
    unclear, unclear_count = oversight.unclear_orders(now)
    broken, broken_count = oversight.broken_accounts()
    context = {
        "now": now,
        "hosts": [host(state, now) for state in lags.pollers(now)],
        "lags": [lag(one) for one in lags.lags(now)],
        "figures": [*stuck(unclear_count, broken_count), *carts()],
        "tables": [unclear_table(unclear, now), broken_table(broken), price_table(now)],
    }
    if request.headers.get("HX-Request"):
        return render(request, "operator/_ovh_live.html", context)
    shell = {**admin.site.each_context(request), "title": "OVH"}
    return render(request, "operator/ovh.html", {**shell, **context})


# --- Hosts


def host(state: PollerState, now: datetime) -> dict[str, Any]:
    """Return a host's card: its name, how it is, and the facts."""
    is_late = state.is_needed and (state.age is None or state.age > LATE)
    waits = state.not_before - now if state.not_before and state.not_before > now else None
    facts = [
        Fact(_("Last whole list"), ago(state.age), is_late),
        Fact(_("Last call"), ago(state.last_call)),
        Fact(_("Looks every"), _("%(seconds)s s") % {"seconds": f"{state.interval:g}"}),
        Fact(_("Why"), _(state.cadence) if state.cadence else NONE),
        Fact(_("Rows"), f"{state.rows:,}"),
        Fact(_("Calls of OVH"), f"{state.calls:,}"),
        Fact(_("Answers 429"), f"{state.throttled:,}"),
        Fact(_("Failures in a row"), f"{state.failures}", state.failures > 0),
        Fact(_("Circuit breaker"), _breaker(state), state.is_open),
    ]
    if waits:
        facts.append(Fact(_("Waits for"), in_words(waits), is_bad=True))
    return {
        "id": state.host.value,
        "name": state.host.value.upper(),
        "is_needed": state.is_needed,
        "is_bad": is_late or state.is_open,
        "facts": facts,
        "error": struck(state.last_error),
    }


def _breaker(state: PollerState) -> str:
    if state.is_open:
        return pgettext("circuit breaker", "open")
    return pgettext("circuit breaker", "closed")


# --- What is stuck, what there is


def stuck(unclear: int, broken: int) -> list[Figure]:
    """Return what somebody should look at."""
    return [
        Figure(
            _("Orders without an answer"),
            f"{unclear}",
            _("for longer than %(time)s") % {"time": in_words(oversight.LONG)},
            list_url(APP, "order", state__exact="unknown"),
            "help",
            "bad" if unclear else "good",
        ),
        Figure(
            _("Broken accounts"),
            f"{broken}",
            url=list_url(APP, "account", state__exact="broken"),
            icon="key_off",
            tone="bad" if broken else "good",
        ),
    ]


def carts() -> list[Figure]:
    """Return the carts by state."""
    counts = oversight.carts()
    return [
        Figure(
            _("Carts: %(state)s") % {"state": state.label},
            f"{counts.get(state.value, 0)}",
            url=list_url(APP, "warmcart", state__exact=state.value),
            icon="shopping_cart",
        )
        for state in WarmCart.State
    ]


# --- What somebody should look at


def unclear_table(orders: Sequence[oversight.Unclear], now: datetime) -> Table:
    """Return the orders of which nobody knows whether OVH took them."""
    return Table(
        "ovh-unclear",
        _("Orders without an answer for long"),
        (pgettext("noun", "Order"), _("Tenant"), _("Unclear since")),
        [
            Line(
                f"{one.order.pk}",
                one.order,
                change_url(APP, "order", one.order.pk),
                cells(one.order.tenant, in_words(now - one.since)),
            )
            for one in orders
        ],
        _("None: of every order it is known whether OVH took it."),
    )


def broken_table(accounts: Sequence[oversight.Sick]) -> Table:
    """Return the accounts whose keys OVH does not take."""
    return Table(
        "ovh-broken",
        _("Broken accounts"),
        (_("Account"), _("Tenant"), _("Reason")),
        [
            Line(
                f"{one.account.pk}",
                one.account,
                change_url(APP, "account", one.account.pk),
                cells(one.account.tenant, one.problem),
            )
            for one in accounts
        ],
        _("None: OVH takes the keys of all accounts."),
    )


def price_table(now: datetime) -> Table:
    """Return the price lists: when each was read, and when it last changed."""
    return Table(
        "ovh-prices",
        _("Price lists"),
        (_("List"), _("Read"), _("Changed")),
        [_price_line(one, now) for one in oversight.price_lists(now)],
        _("None was asked for yet."),
    )


def _price_line(one: oversight.PriceList, now: datetime) -> Line:
    row = one.catalogue
    read = _("never") if row.fetched_at is None else in_words(now - row.fetched_at)
    changed = NONE if row.changed_at is None else in_words(now - row.changed_at)
    return Line(
        f"{row.pk}",
        row,
        change_url(APP, "storedcatalogue", row.pk),
        [Cell(read, struck(row.last_error), one.is_old), Cell(changed)],
    )
