"""Accounts as people handle them: linked, changed, renamed, looked at, disconnected."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.db.models import ProtectedError
from django.utils import timezone

from emulators.ovh.world import DEMO
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Order, WarmCart, Wish
from ovh_sniper.services import accounts, doctor, leaving
from ovh_sniper.tasks import accounts as tasks
from ovh_sniper.testing import (
    TESTER,
    fetch_catalogue,
    make_account,
    make_wish,
    orders_of,
    poll,
    run_orders,
    warm_up,
)
from ovh_sniper.tests.buyer import now as time_of
from ovh_sniper.tests.buyer import put_on_sale
from ovh_sniper.tests.linked import ask, codes, fresh, link, look, parts_of, way_back
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State
WHOLE = parts_of(DEMO["eu"])


def linked_with(tenant: Tenant, **changed: Any) -> Account:
    values: dict[str, Any] = {"name": "Main", "host": "eu", "keys": WHOLE, **changed}
    with scope(tenant):
        return accounts.link(**values, actor=TESTER, now=timezone.now())


def change(account: Account, emulator: OvhEmulator, **changed: Any) -> Account:
    with scope(account.tenant_id):
        accounts.change(fresh(account), **changed, actor=TESTER, now=time_of(emulator))
    return fresh(account)


def actions(tenant: Tenant) -> list[str]:
    with scope(tenant):
        return list(AuditEvent.objects.order_by("pk").values_list("action", flat=True))


# --- Linked


def test_a_linked_account_is_due_and_orders_nothing_yet(tenant: Tenant) -> None:
    account = linked_with(tenant, name="  Main  ")
    assert (account.name, account.state, account.can_order) == ("Main", State.PENDING, False)
    assert doctor.due(timezone.now(), 10) == [(tenant.pk, account.pk, False)]
    assert actions(tenant) == ["ovh_account.linked"]


@pytest.mark.parametrize(
    ("changed", "field"),
    [
        ({"name": " "}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"host": "moon"}, "host"),
        ({"keys": {**WHOLE, "application_key": ""}}, "application_key"),
        ({"keys": {**WHOLE, "application_secret": " "}}, "application_secret"),
        ({"keys": {**WHOLE, "consumer_key": ""}}, "consumer_key"),
        ({"keys": {**WHOLE, "consumer_key": "two words"}}, "consumer_key"),
        ({"keys": {**WHOLE, "consumer_key": "schlüssel"}}, "consumer_key"),
        ({"keys": {**WHOLE, "consumer_key": "x" * 201}}, "consumer_key"),
        ({"kind": "service", "keys": {"client_id": "EU.1"}}, "client_secret"),
    ],
)
def test_what_cannot_be_an_account_is_refused_by_field(
    tenant: Tenant, changed: dict[str, Any], field: str
) -> None:
    with pytest.raises(ValidationError) as caught:
        linked_with(tenant, **changed)
    assert list(caught.value.message_dict) == [field]
    with scope(tenant):
        assert not Account.objects.exists()


def test_a_name_is_given_once_in_a_tenant(tenant: Tenant, stranger: Tenant) -> None:
    linked_with(tenant)
    with pytest.raises(ValidationError):
        linked_with(tenant)
    assert linked_with(stranger).name == "Main"


def test_keys_are_stored_encrypted_and_in_no_audit_row(tenant: Tenant) -> None:
    account = linked_with(tenant)
    with scope(tenant):
        row = AuditEvent.objects.values().get()
        assert not any(key in repr(row) for key in WHOLE.values())
    assert "Consumer" not in repr(account)
    assert fresh(account).consumer_key == WHOLE["consumer_key"]


# --- Changed


def test_new_keys_are_looked_at_before_they_order(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant, consumer_key="of-before")
    account = change(account, ovh_emulator, keys=WHOLE)
    assert (account.state, account.checked_at) == (State.PENDING, None)
    assert look(account).can_order
    assert actions(tenant) == ["ovh_account.changed"]


def test_keys_left_blank_stay(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    account = make_account(tenant, consumer_key="of-before")
    account = change(
        account, ovh_emulator, keys={"application_key": "", "consumer_key": WHOLE["consumer_key"]}
    )
    assert account.application_key == WHOLE["application_key"]
    assert look(account).state == State.READY


def test_another_application_asks_for_a_key_of_its_own(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    other = ovh_emulator.add_account("eu")
    account = make_account(tenant)
    keys = {**parts_of(other), "consumer_key": ""}
    with pytest.raises(ValidationError):
        change(account, ovh_emulator, keys=keys)
    account = change(account, ovh_emulator, keys=keys, way_back=way_back)
    assert account.consumer_key == ""
    account = look(account)
    assert (account.state, bool(account.consent_url)) == (State.PENDING, True)


def test_the_region_can_be_set_right_until_the_account_worked(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, DEMO["ca"], host="eu"))
    assert codes(account) == ["wrong_host"]
    account = change(account, ovh_emulator, host="ca", keys=parts_of(DEMO["ca"]))
    assert look(account).subsidiary == "QC"
    assert change(account, ovh_emulator, host="us", keys={}).host == "ca"


def test_a_key_typed_in_ends_the_waiting_for_a_consent(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator))
    account = change(account, ovh_emulator, keys={"consumer_key": WHOLE["consumer_key"]})
    assert (account.consent_back, account.consent_url) == ("", "")
    assert look(account).state == State.READY


def test_an_account_is_renamed_and_nothing_else_happens(tenant: Tenant) -> None:
    account = make_account(tenant)
    make_account(tenant, name="Other")
    with scope(tenant):
        accounts.rename(account, " New ", actor=TESTER)
        with pytest.raises(ValidationError):
            accounts.rename(account, "Other", actor=TESTER)
    row = fresh(account)
    assert (row.name, row.state, row.retry_at) == ("New", State.READY, None)


def test_a_service_account_has_no_consent_to_ask_for(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = link(tenant, ovh_emulator, ovh_emulator.add_service_account("eu", ["*"]))
    with scope(tenant), pytest.raises(ValidationError):
        accounts.ask_consent(
            account, rights=[], way_back=way_back, actor=TESTER, now=timezone.now()
        )


def test_it_is_looked_at_when_somebody_asks(tenant: Tenant) -> None:
    account = make_account(tenant)
    now = timezone.now()
    with scope(tenant):
        assert accounts.check(account, actor=TESTER, now=now)
    row = fresh(account)
    assert (row.retry_at, row.checked_at, row.state) == (now, None, State.READY)
    assert actions(tenant) == ["ovh_account.check_requested"]


# --- Disconnected


def disconnect(account: Account, now: datetime | None = None) -> Account:
    with scope(account.tenant_id):
        accounts.disconnect(fresh(account), actor=TESTER, now=now or timezone.now())
    return fresh(account)


def leave(account: Account, now: datetime | None = None) -> Account:
    with scope(account.tenant_id, transaction=False):
        leaving.leave(account.pk, now or timezone.now())
    return fresh(account)


def want_one(account: Account, emulator: OvhEmulator) -> None:
    """Have stock appear for a wish: one order is intended."""
    poll()
    make_wish(account)
    put_on_sale(emulator, Host.EU)
    poll()


def keys_left(account: Account) -> set[str]:
    return {getattr(account, name) for name in leaving.SECRETS} - {""}


def is_over(emulator: OvhEmulator, consumer_key: str) -> bool:
    credential = emulator.state.credentials["eu", consumer_key]
    return credential.state(emulator.clock.time()) == "expired"


def test_a_disconnected_account_keeps_its_orders_and_none_of_its_keys(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    want_one(linked, ovh_emulator)
    run_orders()
    (order,) = orders_of(tenant)
    account = leave(disconnect(linked))
    assert keys_left(account) == set()
    assert (account.state, codes(account)) == (State.BROKEN, ["disconnected"])
    (kept,) = orders_of(tenant)
    assert (kept.state, kept.ovh_order_id, kept.retry_at) == (
        order.state,
        order.ovh_order_id,
        None,
    )
    assert is_over(ovh_emulator, DEMO["eu"].consumer_key)
    with scope(tenant), pytest.raises(ProtectedError):
        account.delete()
    assert doctor.due(timezone.now() + timedelta(days=9), 10) == []


def test_its_wishes_stop_and_say_why(tenant: Tenant, linked: Account) -> None:
    armed, paused = make_wish(linked), make_wish(linked, mode=Wish.Mode.ALERT)
    done = make_wish(linked)
    with scope(tenant):
        Wish.objects.filter(pk=paused.pk).update(state=Wish.State.PAUSED)
        Wish.objects.filter(pk=done.pk).update(state=Wish.State.DONE)
    disconnect(linked)
    with scope(tenant):
        found = dict(Wish.objects.values_list("pk", "state"))
        assert found == {armed.pk: "stopped", paused.pk: "stopped", done.pk: "done"}
        assert Wish.objects.get(pk=armed.pk).state_reason == "disconnected"


def test_its_warm_carts_are_deleted_at_ovh_before_the_keys_go(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    put_on_sale(ovh_emulator, Host.EU)
    poll()
    ovh_emulator.sell_out("eu")
    make_wish(linked, quantity=2)
    warm_up()
    assert ovh_emulator.carts("eu")
    leave(disconnect(linked))
    assert ovh_emulator.carts("eu") == []
    with scope(tenant):
        assert not WarmCart.objects.exists()


def test_orders_that_were_not_sent_are_taken_back(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    want_one(linked, ovh_emulator)
    assert [order.state for order in orders_of(tenant)] == [Order.State.INTENDED]
    leave(disconnect(linked))
    run_orders()
    (order,) = orders_of(tenant)
    assert (order.state, order.reason) == (Order.State.CANCELLED, "disconnected")
    assert ovh_emulator.orders("eu") == []


def test_while_an_order_is_looked_up_the_keys_are_needed(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    want_one(linked, ovh_emulator)
    with scope(tenant):
        Order.objects.update(state=Order.State.UNKNOWN)
    with pytest.raises(accounts.InUse):
        disconnect(linked)
    with scope(tenant):
        # with keys that do not work nothing can be looked up anyway
        Account.objects.update(state=State.BROKEN)
    assert disconnect(linked).is_disconnected


def test_a_key_that_another_account_uses_too_is_not_ended(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    twin = make_account(tenant, name="Twin")
    leave(disconnect(linked))
    assert not is_over(ovh_emulator, DEMO["eu"].consumer_key)
    leave(disconnect(twin))
    assert is_over(ovh_emulator, DEMO["eu"].consumer_key)


def test_ovh_away_is_told_later_and_the_keys_stay_until_then(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    now = timezone.now()
    ovh_emulator.fault("html", path="/auth/logout")
    account = leave(disconnect(linked, now), now)
    assert keys_left(account)
    assert codes(account) == ["leaving"]
    account = leave(account, now + leaving.AGAIN)
    assert keys_left(account) == set()


def test_after_an_hour_the_keys_go_whatever_ovh_says(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    now = timezone.now()
    ovh_emulator.fault("html", times=0)
    account = leave(disconnect(linked, now), now + leaving.PATIENCE)
    assert keys_left(account) == set()


def test_a_disconnected_account_is_not_looked_at(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    account = disconnect(linked)
    ovh_emulator.clear_calls()
    look(account, timezone.now())
    assert ovh_emulator.calls() == []
    with scope(tenant):
        assert not accounts.check(account, actor=TESTER, now=timezone.now())
        assert not accounts.disconnect(account, actor=TESTER, now=timezone.now())


def test_a_disconnected_account_is_linked_again_by_its_keys(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    want_one(linked, ovh_emulator)
    run_orders()
    leave(disconnect(linked))
    keys = ovh_emulator.add_account("eu")
    credential = ovh_emulator.state.credentials["eu", keys.consumer_key]
    credential.nichandle = DEMO["eu"].nichandle
    account = look(change(linked, ovh_emulator, keys=parts_of(keys)))
    assert (account.state, account.is_disconnected) == (State.READY, False)
    (order,) = orders_of(tenant)
    assert order.retry_at is not None


# --- By the clock


def test_the_clock_looks_and_ends(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    mine = link(tenant, ovh_emulator)
    other = ovh_emulator.add_account("eu")
    theirs = disconnect(make_account(stranger, **parts_of(other)))
    with scope(tenant):
        Account.objects.update(retry_at=timezone.now())
    tasks.examine_due()
    assert fresh(mine).state == State.READY
    assert keys_left(fresh(theirs)) == set()


def test_one_account_that_fails_stops_no_other(
    tenant: Tenant, ovh_emulator: OvhEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    account = linked_with(tenant)
    tasks.examine([(tenant.pk, 0), (tenant.pk, account.pk)])
    assert fresh(account).checked_at is not None


def test_two_tenants_with_the_same_keys_see_nothing_of_each_other(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    mine, theirs = look(link(tenant, ovh_emulator)), look(link(stranger, ovh_emulator))
    assert mine.nichandle == theirs.nichandle
    with scope(tenant):
        assert list(Account.objects.all()) == [mine]
    leave(disconnect(theirs))
    assert fresh(mine).consumer_key == DEMO["eu"].consumer_key


def test_a_fetched_price_list_is_kept_for_the_next_account(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    fetch_catalogue("eu")
    ovh_emulator.clear_calls()
    look(link(tenant, ovh_emulator))
    assert ovh_emulator.calls(path="/order/catalog/*") == []
