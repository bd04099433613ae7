"""An account is disconnected: what stops, what ends at OVH, and when its keys go."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from django.db.models import ProtectedError
from django.utils import timezone

from emulators.ovh.world import DEMO
from ovh_sniper.gateways.hosts import Host
from ovh_sniper.models import Account, Order, WarmCart, Wish
from ovh_sniper.services.accounts import doctor, linking
from ovh_sniper.services.leaving import disconnecting, ending
from ovh_sniper.tasks import accounts as tasks
from ovh_sniper.testing import (
    TESTER,
    make_account,
    make_wish,
    orders_of,
    poll,
    run_orders,
    warm_up,
)
from ovh_sniper.tests.buyer import put_on_sale
from ovh_sniper.tests.linked import change, codes, fresh, link, look, parts_of
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State


def disconnect(account: Account, now: datetime | None = None) -> Account:
    with scope(account.tenant_id):
        disconnecting.disconnect(fresh(account), actor=TESTER, now=now or timezone.now())
    return fresh(account)


def leave(account: Account, now: datetime | None = None) -> Account:
    with scope(account.tenant_id, transaction=False):
        ending.leave(account.pk, now or timezone.now())
    return fresh(account)


def want_one(account: Account, emulator: OvhEmulator) -> None:
    """Have stock appear for a wish: one order is intended."""
    poll()
    make_wish(account)
    put_on_sale(emulator, Host.EU)
    poll()


def keys_left(account: Account) -> set[str]:
    return {getattr(account, name) for name in ending.SECRETS} - {""}


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
    with pytest.raises(disconnecting.InUse):
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
    account = leave(account, now + ending.AGAIN)
    assert keys_left(account) == set()


def test_after_an_hour_the_keys_go_whatever_ovh_says(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    now = timezone.now()
    ovh_emulator.fault("html", times=0)
    account = leave(disconnect(linked, now), now + ending.PATIENCE)
    assert keys_left(account) == set()


def test_a_disconnected_account_is_not_looked_at(
    tenant: Tenant, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    account = disconnect(linked)
    ovh_emulator.clear_calls()
    look(account, timezone.now())
    assert ovh_emulator.calls() == []
    with scope(tenant):
        assert not linking.check(account, actor=TESTER, now=timezone.now())
        assert not disconnecting.disconnect(account, actor=TESTER, now=timezone.now())


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


def test_two_tenants_with_the_same_keys_see_nothing_of_each_other(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    mine, theirs = look(link(tenant, ovh_emulator)), look(link(stranger, ovh_emulator))
    assert mine.nichandle == theirs.nichandle
    with scope(tenant):
        assert list(Account.objects.all()) == [mine]
    leave(disconnect(theirs))
    assert fresh(mine).consumer_key == DEMO["eu"].consumer_key
