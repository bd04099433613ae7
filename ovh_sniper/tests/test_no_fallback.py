"""A key that is missing is never made up for by what the operator's machine has lying around."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from ovh_sniper.models import Account, Order, WarmCart
from ovh_sniper.services.accounts import doctor
from ovh_sniper.services.carts import keeping
from ovh_sniper.services.leaving import ending
from ovh_sniper.services.ordering import executing, following
from ovh_sniper.testing import make_account
from ovh_sniper.tests.canned import CannedOvh
from ovh_sniper.tests.linked import codes, fresh, said
from tenants.models import Tenant
from tenants.scoping import scope

NAMES = [
    "ENDPOINT",
    "APPLICATION_KEY",
    "APPLICATION_SECRET",
    "CONSUMER_KEY",
    "CLIENT_ID",
    "CLIENT_SECRET",
]


@pytest.fixture(autouse=True)
def operators_keys(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Everything that the `ovh` library reads by itself: its variables, and its file in each place
    that a test can write to."""
    for name in NAMES:
        monkeypatch.setenv(f"OVH_{name}", "ovh-eu" if name == "ENDPOINT" else "of-the-operator")
    lines = [f"{name.lower()}=of-the-operator" for name in NAMES[1:]]
    text = "\n".join(["[default]", "endpoint=ovh-eu", "[ovh-eu]", *lines])
    (tmp_path / "ovh.conf").write_text(text)
    (tmp_path / ".ovh.conf").write_text(text)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(tmp_path)


BLANK: list[dict[str, Any]] = [
    {"consumer_key": ""},
    {"consumer_key": "  "},
    {"application_secret": ""},
    {"application_key": ""},
    {"kind": "service", "client_id": "EU.1", "client_secret": ""},
    {"kind": "service", "client_id": "", "client_secret": "s"},
]


@pytest.mark.parametrize("blank", BLANK)
def test_the_doctor_sends_nothing_for_keys_that_are_not_whole(
    tenant: Tenant, canned: CannedOvh, blank: dict[str, Any]
) -> None:
    account = make_account(tenant, retry_at=timezone.now(), **blank)
    with scope(tenant, transaction=False):
        assert doctor.examine(account.pk, timezone.now())
    assert canned.requests == []
    account = fresh(account)
    assert (account.state, account.can_order) == (Account.State.BROKEN, False)
    assert codes(account) in (["incomplete_keys"], ["consent_ended"])


def test_it_says_which_key_is_missing(tenant: Tenant, canned: CannedOvh) -> None:
    account = make_account(tenant, retry_at=timezone.now(), application_secret="")
    with scope(tenant, transaction=False):
        doctor.examine(account.pk, timezone.now())
    words = said(fresh(account), "incomplete_keys")
    assert words.advice == "The application secret is missing. Nothing was sent to OVH."


@pytest.mark.parametrize("blank", BLANK)
def test_no_order_is_sent_or_followed_with_anybody_elses_keys(
    tenant: Tenant, canned: CannedOvh, blank: dict[str, Any]
) -> None:
    now = timezone.now()
    account = make_account(tenant, **blank)
    with scope(tenant, transaction=False):
        values = {
            "tenant": tenant,
            "account": account,
            "source": Order.Source.PORTAL,
            "plan_code": "27sk15",
            "fqn": "27sk15.ram.disk",
            "datacenter": "gra",
            "retry_at": now,
        }
        intended = Order.objects.create(**values)
        placed = Order.objects.create(
            **values, state=Order.State.PLACED, ovh_order_id=1, placed_at=now, url="https://x"
        )
        assert executing.execute(intended.pk, now=now) == Order.State.REFUSED
        assert following.follow(placed.pk, now=now) == Order.State.PLACED
    assert canned.requests == []


@pytest.mark.parametrize("blank", BLANK)
def test_no_cart_is_built_or_deleted_with_anybody_elses_keys(
    tenant: Tenant, canned: CannedOvh, blank: dict[str, Any]
) -> None:
    now = timezone.now()
    account = make_account(tenant, **blank)
    with scope(tenant, transaction=False):
        for state in (WarmCart.State.LITTER, WarmCart.State.BUILDING):
            WarmCart.objects.create(
                tenant=tenant, account=account, cart_id="c-1", state=state, retry_at=now
            )
        keeping.tend_account(account.pk, now)
    assert canned.requests == []


@pytest.mark.parametrize("blank", BLANK[:4])
def test_nobody_elses_key_is_logged_out(
    tenant: Tenant, canned: CannedOvh, blank: dict[str, Any]
) -> None:
    now = timezone.now()
    account = make_account(tenant, left_at=now, retry_at=now, **blank)
    with scope(tenant, transaction=False):
        assert ending.leave(account.pk, now)
    assert canned.requests == []
