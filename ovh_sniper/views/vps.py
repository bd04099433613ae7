"""Where the VPS plans that a tenant watches can be ordered. They are alerted of, never ordered."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Wish
from ovh_sniper.services.catalogue import markets
from ovh_sniper.services.polling import vps
from ovh_sniper.services.stock import vps_rows
from ovh_sniper.services.wording import words
from ovh_sniper.views import is_part, may
from tenants.access import PortalRequest, member


@require_GET
@member()
def page(request: PortalRequest, slug: str) -> HttpResponse:
    """Show the plans of this tenant's wishes; the part that moves alone where it asks again."""
    now = timezone.now()
    context = {"plans": _watched(now), "may_wish": may(request, "operator")}
    template = "_vps_live" if is_part(request) else "vps"
    return render(request, f"ovh_sniper/{template}.html", context)


def _watched(now: datetime) -> list[dict[str, Any]]:
    """Return the plans of this tenant's wishes, and no other tenant's, with their wishes."""
    wishes: dict[tuple[str, str, str], list[Wish]] = {}
    for wish in Wish.objects.filter(track=Wish.Track.VPS).order_by("pk"):
        wishes.setdefault((wish.host, wish.subsidiary, wish.plan_code), []).append(wish)
    hosts = sorted({host for host, _subsidiary, _code in wishes})
    known = {
        (plan.host.value, plan.subsidiary, plan.plan_code): plan
        for host in hosts
        for plan in vps.known(Host(host))
    }
    return [_shown(key, known.get(key), mine, now) for key, mine in sorted(wishes.items())]


def _shown(
    key: tuple[str, str, str], plan: vps.Plan | None, wishes: list[Wish], now: datetime
) -> dict[str, Any]:
    host, subsidiary, plan_code = key
    return {
        "plan_code": plan_code,
        "shop": f"{markets.host_name(host)} · {markets.subsidiary_name(subsidiary)}",
        "wishes": wishes,
        "looked": _looked(plan, now),
        "has_error": plan is not None and bool(plan.last_error),
        "places": [
            {
                "place": words.place(place.datacenter),
                "is_there": place.is_there,
                "systems": [
                    _system(vps_rows.LINUX, place.linux, place.linux_since, now),
                    _system(vps_rows.WINDOWS, place.windows, place.windows_since, now),
                ],
                "days": place.delivery_days,
            }
            for place in (plan.places if plan else ())
        ],
    }


def _looked(plan: vps.Plan | None, now: datetime) -> str:
    if plan is None or plan.looked_at is None:
        return ""
    return words.duration((now - plan.looked_at).total_seconds())


def _system(name: str, word: str, since: datetime | None, now: datetime) -> dict[str, Any]:
    is_there = vps_rows.is_there(word)
    said = ""
    if is_there and since is not None:
        said = _("since %(time)s") % {"time": words.duration((now - since).total_seconds())}
    return {"name": name, "is_there": is_there, "since": said, "word": word}
