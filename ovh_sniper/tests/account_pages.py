"""The pages of OVH accounts as a browser sees them, and what the workers do meanwhile."""

from __future__ import annotations

import re
from typing import Any

from emulators.ovh.world import DEMO
from ovh_sniper.models import Account
from ovh_sniper.tasks import accounts as tasks
from ovh_sniper.tests.linked import parts_of
from ovh_sniper.tests.pages import url
from tenants.models import Tenant
from tenants.scoping import scope

# what a browser sends to link an account by its keys
WHOLE = {"name": "Main", "host": "eu", "way": "keys", **parts_of(DEMO["eu"])}


def page(tenant: Tenant, account: Account, rest: str = "") -> str:
    """Return the address of an account's page."""
    return url(tenant, f"accounts/{account.public_id}/{rest}")


def text_of(response: Any) -> str:
    """Return what a page says, without its tags, each run of spaces as one."""
    plain = re.sub(r"<[^>]+>", " ", response.content.decode())
    return " ".join(plain.split())


def the_account(tenant: Tenant) -> Account:
    """Return the only account of a tenant."""
    with scope(tenant, transaction=False):
        return Account.objects.get()


def work() -> None:
    """Do what the workers do with the accounts that are due."""
    tasks.examine_due()
