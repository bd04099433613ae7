"""Accounts as a test links them at the emulated cloud, and what the workers do with them."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.utils import timezone

from emulators.huawei.world import DEMO, DemoKeys
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, Package, Server
from traffic_guard.services.accounts import checking, discovery, findings, linking
from traffic_guard.services.accounts.findings import Words
from traffic_guard.services.accounts.halting import News
from traffic_guard.testing import TESTER


def link(tenant: Tenant, keys: DemoKeys = DEMO["intl"], **fields: Any) -> Account:
    """Link an account by hand; nobody has looked at it yet."""
    values: dict[str, Any] = {
        "name": "Main",
        "provider": "huawei",
        "site": keys.site,
        "access_key": keys.access_key,
        "secret_key": keys.secret_key,
        "rights": "guard",
        "now": timezone.now(),
        **fields,
    }
    with scope(tenant):
        return linking.link(actor=TESTER, **values)


class Told:
    """Keeps what is news, in place of the messages."""

    def __init__(self) -> None:
        self.news: list[News] = []

    def __call__(self, account: Account, news: News | None) -> None:
        if news is not None:
            self.news.append(news)


def check(account: Account, at: datetime | None = None, told: Told | None = None) -> Account:
    """Have the keys looked at when they are due (or at a time); return the row as it is then."""
    with scope(account.tenant_id, transaction=False):
        due = at or Account.objects.get(pk=account.pk).check_at
        if due is not None:
            checking.check(account.pk, due, tell=told or Told())
    return fresh(account)


def discover(account: Account, at: datetime | None = None, told: Told | None = None) -> Account:
    """Have servers looked for when that is due (or at a time); return the row as it is then."""
    with scope(account.tenant_id, transaction=False):
        due = at or Account.objects.get(pk=account.pk).discover_at
        if due is not None:
            discovery.discover(account.pk, due, tell=told or Told())
    return fresh(account)


def linked(tenant: Tenant, keys: DemoKeys = DEMO["intl"], **fields: Any) -> Account:
    """Link an account, and have its keys looked at and its servers found."""
    return discover(check(link(tenant, keys, **fields)))


def fresh(account: Account) -> Account:
    """Return an account as it is stored."""
    with scope(account.tenant_id, transaction=False):
        return Account.objects.select_related("tenant").get(pk=account.pk)


def servers_of(account: Account) -> dict[str, Server]:
    """Return an account's servers by name."""
    with scope(account.tenant_id, transaction=False):
        found = Server.objects.filter(account=account).select_related("account")
        return {one.name: one for one in found}


def packages_of(server: Server) -> list[Package]:
    """Return a server's packages."""
    with scope(server.tenant_id, transaction=False):
        return list(Package.objects.filter(links__server=server).order_by("pk"))


def codes(account: Account) -> list[str]:
    """Return what is wrong with an account, in a word each."""
    usual = ("granted", "unsure", "off")
    return [one["code"] for one in account.findings if one["code"] not in usual]


def said(account: Account) -> list[Words]:
    """Return what is wrong with an account in words."""
    return findings.in_order(account.findings, account.provider, account.site)


def problems(error: ValidationError) -> dict[str, list[str]]:
    """Return what is wrong with each field."""
    found: dict[str, list[str]] = error.message_dict
    return found
