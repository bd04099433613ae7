"""Accounts as a test links them at the emulated OVH, and the doctor's looks at them."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Any

from emulators.ovh.acts import ServiceKeys
from emulators.ovh.world import DEMO, Keys
from ovh_sniper.gateways.accounts import ORDER_RULES
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import doctor, findings, linking
from ovh_sniper.services.accounts.findings import Words
from ovh_sniper.testing import TESTER
from ovh_sniper.tests.buyer import now as time_of
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

# the least with which an account can order
RULES = [{"method": rule.method, "path": rule.path} for rule in ORDER_RULES]


def parts_of(keys: Keys | ServiceKeys) -> dict[str, str]:
    """Return what a person types in."""
    if isinstance(keys, ServiceKeys):
        return {"client_id": keys.client_id, "client_secret": keys.client_secret}
    return {
        "application_key": keys.application_key,
        "application_secret": keys.application_secret,
        "consumer_key": keys.consumer_key,
    }


def link(
    tenant: Tenant,
    emulator: OvhEmulator,
    keys: Keys | ServiceKeys = DEMO["eu"],
    *,
    name: str = "Main",
    host: str = "",
    rights: tuple[str, ...] = (),
    **changed: str,
) -> Account:
    """Link an account by hand at the emulator's time; nobody has looked at it yet."""
    kind = Account.Kind.SERVICE if isinstance(keys, ServiceKeys) else Account.Kind.KEYS
    with scope(tenant):
        return linking.link(
            name=name,
            host=host or keys.host,
            kind=kind,
            keys={**parts_of(keys), **changed},
            rights=rights,
            actor=TESTER,
            now=time_of(emulator),
        )


def ask(tenant: Tenant, emulator: OvhEmulator, keys: Keys = DEMO["eu"], **changed: Any) -> Account:
    """Link an account by the guided consent, which nobody has asked OVH for yet."""
    parts = {**parts_of(keys), "consumer_key": "", **changed}
    with scope(tenant):
        return linking.link(
            name="Main",
            host=keys.host,
            keys=parts,
            way_back=way_back,
            actor=TESTER,
            now=time_of(emulator),
        )


def way_back(public_id: str, mark: str) -> str:
    """Return our address as the pages name it to OVH."""
    return f"https://botharbor.test/back/{public_id}/?mark={mark}"


def look(account: Account, now: datetime | None = None) -> Account:
    """Have the doctor look at an account when it is due (or at a time); return it as it is then."""
    with scope(account.tenant_id, transaction=False):
        row = Account.objects.get(pk=account.pk)
        at = now or row.retry_at
        if at is not None:
            doctor.examine(account.pk, at)
        return Account.objects.get(pk=account.pk)


def fresh(account: Account) -> Account:
    """Return an account as it is stored."""
    with scope(account.tenant_id, transaction=False):
        return Account.objects.select_related("tenant").get(pk=account.pk)


def codes(account: Account) -> list[str]:
    """Return what the doctor found, in a word each."""
    return [one["code"] for one in account.findings]


def said(account: Account, code: str) -> Words:
    """Return a finding in words."""
    return next(one for one in findings.in_order(account.findings) if one.code == code)


def change(account: Account, emulator: OvhEmulator, **changed: Any) -> Account:
    """Put other keys in place of an account's; return it as it is stored then."""
    with scope(account.tenant_id):
        linking.change(fresh(account), **changed, actor=TESTER, now=time_of(emulator))
    return fresh(account)


def least(emulator: OvhEmulator, **more: Any) -> Any:
    """Return the keys of a new customer whose consumer key has the least rules."""
    return emulator.add_account("eu", rules=RULES, **more)
