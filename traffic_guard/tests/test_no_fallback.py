"""A key that is missing is never made up for by what the operator's machine has lying around."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from django.utils import timezone

from emulators.huawei import HuaweiEmulator
from emulators.huawei.world import DEMO
from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.gateways.cloud import Kind, Refused
from traffic_guard.models import Account
from traffic_guard.services.accounts import access, checking, discovery
from traffic_guard.services.readings import polling
from traffic_guard.testing import make_account
from traffic_guard.tests.linked import Told, codes, fresh

BLANK: list[dict[str, Any]] = [
    {"access_key": ""},
    {"access_key": "  \t"},
    {"secret_key": ""},
    {"secret_key": " \n "},
    {"access_key": "", "secret_key": ""},
]


@pytest.fixture(autouse=True)
def operators_keys(huawei: HuaweiEmulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Everything that the cloud's library reads by itself, with keys that would work."""
    keys = DEMO["intl"]
    monkeypatch.setenv("HUAWEICLOUD_SDK_AK", keys.access_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_SK", keys.secret_key)
    monkeypatch.setenv("HUAWEICLOUD_SDK_DOMAIN_ID", keys.domain_id)
    yield
    assert huawei.calls() == []


@pytest.mark.parametrize("blank", BLANK)
def test_no_client_is_made_of_blank_keys(tenant: Tenant, blank: dict[str, Any]) -> None:
    with pytest.raises(Refused) as refused:
        access.provider_of(make_account(tenant, **blank))
    assert refused.value.kind is Kind.BLANK_KEYS


@pytest.mark.parametrize("blank", BLANK)
def test_no_worker_asks_a_cloud_with_blank_keys(tenant: Tenant, blank: dict[str, Any]) -> None:
    now = timezone.now()
    account = make_account(tenant, site="intl", check_at=now, discover_at=now, poll_at=now, **blank)
    told = Told()
    with scope(tenant, transaction=False):
        polling.poll(account.pk, now, tell=told)
        Account.objects.update(state=Account.State.READY)
        discovery.discover(account.pk, now, tell=told)
        Account.objects.update(state=Account.State.READY, check_at=now)
        checking.check(account.pk, now, tell=told)
    row = fresh(account)
    assert (row.state, codes(row)) == (Account.State.BROKEN, ["unreadable"])
