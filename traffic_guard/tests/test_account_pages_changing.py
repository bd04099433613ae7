"""Pages on which an account is changed, disconnected and linked again."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils import timezone

from tenants.models import Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, PlannedStop, PowerAction, Server
from traffic_guard.testing import make_account, make_server
from traffic_guard.tests.linked import fresh, linked, servers_of
from traffic_guard.tests.linking_pages import WHOLE, page, work
from traffic_guard.tests.pages import text_of

if TYPE_CHECKING:
    from django.test import Client

    from emulators.huawei import HuaweiEmulator

State = Account.State


# --- Changed


def test_a_new_name_needs_no_check_and_empty_keys_stay(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant, site="intl")
    given = {"name": "New", "site": "intl", "rights": "guard", "access_key": "", "secret_key": " "}
    alice.post(page(tenant, account, "edit/"), given)
    row = fresh(account)
    assert (row.name, row.state, row.check_at) == ("New", State.READY, None)
    assert row.secret_key == account.secret_key


def test_other_keys_are_tried_before_anything_is_done_with_them(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = make_account(tenant, site="intl")
    alice.post(page(tenant, account, "edit/"), WHOLE)
    assert (fresh(account).state, fresh(account).is_usable) == (State.PENDING, False)
    work()
    assert fresh(account).state == State.READY


# --- Disconnected


def test_an_account_is_disconnected_and_linked_again(
    alice: Client, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    account = linked(tenant)
    server = servers_of(account)["hk-web-1"]
    now = timezone.now()
    with scope(tenant):
        stop = PlannedStop.objects.create(
            tenant=tenant, server=server, cycle_end=now, execute_at=now, due_at=now
        )
    response = alice.post(page(tenant, account, "disconnect/"), follow=True)
    assert "This account is disconnected" in text_of(response)
    row = fresh(account)
    assert (row.access_key, row.secret_key) == ("", "")
    with scope(tenant):
        stop.refresh_from_db()
        assert (stop.state, stop.due_at, stop.settled_reason) == ("dropped", None, "left")
        assert Server.objects.count() == 6
    alice.post(page(tenant, account, "edit/"), WHOLE)
    work()
    assert fresh(account).state == State.READY


def test_while_a_stop_is_under_way_it_is_not_disconnected(alice: Client, tenant: Tenant) -> None:
    account = make_account(tenant)
    with scope(tenant):
        PowerAction.objects.create(
            tenant=tenant,
            server=make_server(account),
            kind="stop",
            origin="guard",
            request_key="k",
            state="sent",
        )
    response = alice.post(page(tenant, account, "disconnect/"), follow=True)
    assert "under way. Try again" in text_of(response)
    assert fresh(account).left_at is None
    # of keys that do not work nothing can be looked up
    with scope(tenant):
        Account.objects.update(state=State.BROKEN)
    alice.post(page(tenant, account, "disconnect/"))
    assert fresh(account).left_at is not None
