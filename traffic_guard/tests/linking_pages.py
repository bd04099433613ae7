"""The pages of accounts as tests fill them in, and the workers behind them."""

from __future__ import annotations

from emulators.huawei.world import DEMO
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account
from traffic_guard.tasks import accounts as tasks
from traffic_guard.tests.pages import url

KEYS = DEMO["intl"]
WHOLE = {
    "name": "Main",
    "provider": "huawei",
    "site": "intl",
    "rights": "guard",
    "access_key": KEYS.access_key,
    "secret_key": KEYS.secret_key,
}


def page(tenant: Tenant, account: Account, rest: str = "") -> str:
    return url(tenant, f"accounts/{account.public_id}/{rest}")


def the_account(tenant: Tenant) -> Account:
    with scope(tenant, transaction=False):
        return Account.objects.get()


def work() -> None:
    """Do what the workers do with the accounts that are due."""
    tasks.check_due()
    tasks.discover_due()
