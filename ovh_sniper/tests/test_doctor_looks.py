"""When the doctor looks, and what stays while OVH does not answer."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.models import Account, Wish
from ovh_sniper.services.accounts import doctor, findings, linking
from ovh_sniper.services.accounts.access import ovh_of
from ovh_sniper.testing import TESTER, make_account, make_wish
from ovh_sniper.tests.buyer import now as time_of
from ovh_sniper.tests.linked import codes, fresh, least, link, look, parts_of, said
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State


# --- OVH does not answer


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        ({"kind": "throttled", "retry_after": 42}, "busy"),
        ({"kind": "html"}, "unreachable"),
        ({"kind": "drop"}, "unreachable"),
        ({"kind": "null"}, "unreachable"),
        ({"kind": "status", "status": 500}, "unreachable"),
    ],
)
def test_without_an_answer_all_stays_as_it_was(
    tenant: Tenant, ovh_emulator: OvhEmulator, fault: dict[str, Any], code: str
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    ovh_emulator.fault(path="/auth/currentCredential", **fault)
    at = account.retry_at
    assert at is not None
    account = look(account)
    assert (account.state, account.can_order) == (State.READY, True)
    assert codes(account) == [code, "off", "off"]
    wait = timedelta(seconds=42 if code == "busy" else 30)
    assert account.retry_at == at + wait
    # the next look finds OVH again, and nothing is left of it
    assert codes(look(account)) == ["off", "off"]


def test_a_time_out_says_that_ovh_did_not_answer_in_time(
    tenant: Tenant, ovh_emulator: OvhEmulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    monkeypatch.setattr("ovh_sniper.gateways.client.LIMITS", (5.0, 0.2))
    ovh_emulator.fault("slow", path="/auth/currentCredential", seconds=2)
    account = look(account)
    assert said(account, "unreachable").advice.startswith("OVH did not answer in time.")


def test_looks_that_fail_are_repeated_ever_more_seldom(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    ovh_emulator.fault("html", path="/auth/currentCredential", times=0)
    waits = []
    for _turn in range(9):
        at = account.retry_at
        account = look(account)
        assert at is not None
        assert account.retry_at is not None
        waits.append((account.retry_at - at).total_seconds())
    assert waits == [30, 60, 120, 240, 480, 960, 1920, 3600, 3600]
    assert codes(account) == ["unreachable", "off", "off"]


def test_new_keys_that_nobody_could_check_do_not_order(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    ovh_emulator.fault("html", path="/auth/currentCredential")
    account = look(link(tenant, ovh_emulator))
    assert (account.state, account.can_order) == (State.PENDING, False)
    assert look(account).can_order


# --- When it looks


def test_a_healthy_account_is_looked_at_once_a_day(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    assert account.retry_at == time_of(ovh_emulator) + timedelta(days=1)


def test_a_key_is_looked_at_when_a_warning_is_due_and_when_it_ends(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    account = link(tenant, ovh_emulator, keys)
    credential = ovh_emulator.state.credentials["eu", keys.consumer_key]
    credential.expiration = ovh_emulator.clock.time() + 3600
    account = look(account)
    assert account.expires_at is not None
    assert account.retry_at == account.expires_at
    assert "expires" in codes(account)


def test_of_two_workers_one_looks(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    account = link(tenant, ovh_emulator)
    now = time_of(ovh_emulator)
    with scope(tenant, transaction=False):
        assert doctor.examine(account.pk, now)
        assert not doctor.examine(account.pk, now)


def test_what_a_look_saw_of_older_keys_is_not_written(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = link(tenant, ovh_emulator, application_secret="wrong")
    now = time_of(ovh_emulator)

    def meanwhile(row: Account) -> Any:
        with scope(tenant):
            linking.change(fresh(row), keys=parts_of(DEMO["eu"]), actor=TESTER, now=now)
        return ovh_of(row)

    with scope(tenant, transaction=False):
        assert not doctor.examine(account.pk, now, meanwhile)
    account = fresh(account)
    assert (account.state, account.checked_at, account.retry_at) == (State.PENDING, None, now)
    assert look(account).state == State.READY


def test_a_worker_that_dies_leaves_the_account_due_again(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = link(tenant, ovh_emulator)
    now = time_of(ovh_emulator)

    def dies(_row: Account) -> Any:
        raise MemoryError

    with scope(tenant, transaction=False), pytest.raises(MemoryError):
        doctor.examine(account.pk, now, dies)
    assert doctor.due(now, 10) == []
    assert doctor.due(now + doctor.HOLD, 10) == [(tenant.pk, account.pk, False)]
    assert look(account).state == State.READY


def test_wishes_look_at_the_stock_anew_once_the_account_works(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    wish = make_wish(account)
    with scope(tenant):
        Account.objects.update(state=State.BROKEN, retry_at=time_of(ovh_emulator))
        Wish.objects.update(retry_at=None)
    look(account)
    with scope(tenant):
        assert Wish.objects.get(pk=wish.pk).retry_at == time_of(ovh_emulator)


def test_findings_are_told_worst_first() -> None:
    found = [
        {"code": "off", "function": "pay"},
        {"code": "no_payment_method"},
        {"code": "incomplete"},
    ]
    assert [one.tone for one in findings.in_order(found)] == ["bad", "warn", "info"]
