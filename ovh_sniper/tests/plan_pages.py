"""The page of one plan, opened and read; and a past for it to show."""

from __future__ import annotations

import re
from datetime import timedelta
from html import unescape

from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Configuration, StockInterval
from ovh_sniper.tests.pages import url
from tenants.models import Tenant

PLAN = "27sk15"
CHEAP = "27sk15.ram-64g-ecc-3200.softraid-2x500nvme"
BIG = "27sk15.ram-128g-ecc-3200.softraid-2x1920nvme"
DAY, HOUR = timedelta(days=1), timedelta(hours=1)


def path(plan_code: str = PLAN, query: str = "", host: str = "eu") -> str:
    return f"stock/{host}/{plan_code}/{query}"


def opened(client: Client, tenant: Tenant, query: str = "", plan_code: str = PLAN) -> str:
    response = client.get(url(tenant, path(plan_code, query)))
    assert response.status_code == 200
    return response.content.decode()


def text(part: str) -> str:
    """Return what a part of a page says."""
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", part)).split())


def section(page: str, title: str) -> str:
    """Return the card of a title."""
    return next(one for one in page.split("<section")[1:] if f"<h2>{title}</h2>" in one)


def rows(part: str) -> list[str]:
    body = part.partition("<tbody>")[2].partition("</tbody>")[0]
    return [text(row) for row in body.split("</tr>")[:-1]]


def been_there(
    days: list[float], *, place: str = "bhs", fqn: str = CHEAP, hours: float = 1
) -> None:
    """Write that it was in stock, so many days ago each."""
    one = Configuration.objects.get(fqn=fqn)
    now = timezone.now()
    Configuration.objects.update(first_seen=now - 100 * DAY)
    StockInterval.objects.bulk_create(
        StockInterval(
            configuration=one,
            datacenter=place,
            availability="1H-low",
            delivery_hours=1,
            best_hours=1,
            opened_at=now - ago * DAY,
            closed_at=now - ago * DAY + hours * HOUR,
        )
        for ago in sorted(days, reverse=True)
    )
