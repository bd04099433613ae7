"""A browser at the pages of wishes: what it sends and sees; and the wishes themselves."""

from __future__ import annotations

from typing import Any

from django.test import Client
from django.utils import timezone

from ovh_sniper.models import Account, Wish
from ovh_sniper.services.wishes import lifecycle
from ovh_sniper.testing import TESTER
from ovh_sniper.tests.pages import url
from tenants.models import Tenant
from tenants.scoping import scope

NEW = "wishes/new/"
PLAN = "27sk15"
# its parts, as the stock list names them, and a datacenter that it is not sold in
MEMORY, STORAGE, NOWHERE = "ram-128g-ecc-3200", "softraid-2x960nvme", "sgp"


def typed(account: Account | str, **changes: Any) -> dict[str, Any]:
    """What a browser sends of a filled form; `account` may be a shop such as "eu-FR".

    A change to None leaves the field out, as an unticked box is.
    """
    source = account if isinstance(account, str) else account.public_id
    data: dict[str, Any] = {
        "request_key": "press0000000001",
        "source": source,
        "q": "",
        "plans": [PLAN],
        "memory": "",
        "storage": "",
        "quantity": "1",
        "max_delivery_hours": "",
        "cap_due_now": "",
        "cap_renewal": "",
        "budget_day": "",
        "budget_month": "",
        "mode": "ask",
        "guards_repeats": "on",
        "name": "",
        "hours_from": "",
        "hours_to": "",
        "expires_at": "",
        "save": "1",
    }
    given = {**data, **{name.replace("__", "-"): value for name, value in changes.items()}}
    return {name: value for name, value in given.items() if value is not None}


def vps(shop: str = "eu-FR", **changes: Any) -> dict[str, Any]:
    """What a browser sends of the form for a VPS."""
    data = {
        "request_key": "press0000000002",
        "source": shop,
        "plan_code": "vps-2027-model2",
        "datacenters": "",
        "system": "",
        "name": "",
        "hours_from": "",
        "hours_to": "",
        "expires_at": "",
    }
    return {**data, **changes}


def all_of(tenant: Tenant) -> list[Wish]:
    """Return the tenant's wishes, the oldest first."""
    with scope(tenant, transaction=False):
        return list(Wish.objects.select_related("account").order_by("pk"))


def make_alert(tenant: Tenant, **fields: Any) -> Wish:
    """Write a wish that needs no account."""
    values = {"host": "eu", "subsidiary": "FR", "plan_code": PLAN, **fields}
    with scope(tenant):
        return lifecycle.create(actor=TESTER, now=timezone.now(), **values)


def page_of(client: Client, tenant: Tenant, path: str, data: dict[str, Any]) -> str:
    """Send a form, and return the page that shows it again."""
    response = client.post(url(tenant, path), data)
    assert response.status_code == 200
    return response.content.decode()


def listed(client: Client, tenant: Tenant, query: str = "") -> str:
    """Return the list's page."""
    response = client.get(url(tenant, f"wishes/{query}"))
    assert response.status_code == 200
    return response.content.decode()


def shown(client: Client, wish: Wish, rest: str = "") -> str:
    """Return the page of a wish."""
    response = client.get(url(wish.tenant, f"wishes/{wish.public_id}/{rest}"))
    assert response.status_code == 200
    return response.content.decode()


def wishes_of(tenant: Tenant) -> list[Wish]:
    """Return a tenant's wishes in the order in which they were made."""
    with scope(tenant, transaction=False):
        return list(Wish.objects.order_by("pk"))
