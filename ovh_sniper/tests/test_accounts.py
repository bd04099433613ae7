"""Accounts as people handle them: linked, changed, renamed, looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from emulators.ovh.world import DEMO
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import doctor, linking
from ovh_sniper.tasks import accounts as tasks
from ovh_sniper.testing import (
    TESTER,
    fetch_catalogue,
    make_account,
)
from ovh_sniper.tests.linked import ask, change, codes, fresh, link, look, parts_of, way_back
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State
WHOLE = parts_of(DEMO["eu"])


def linked_with(tenant: Tenant, **changed: Any) -> Account:
    values: dict[str, Any] = {"name": "Main", "host": "eu", "keys": WHOLE, **changed}
    with scope(tenant):
        return linking.link(**values, actor=TESTER, now=timezone.now())


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
        linking.rename(account, " New ", actor=TESTER)
        with pytest.raises(ValidationError):
            linking.rename(account, "Other", actor=TESTER)
    row = fresh(account)
    assert (row.name, row.state, row.retry_at) == ("New", State.READY, None)


def test_a_service_account_has_no_consent_to_ask_for(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = link(tenant, ovh_emulator, ovh_emulator.add_service_account("eu", ["*"]))
    with scope(tenant), pytest.raises(ValidationError):
        linking.ask_consent(account, rights=[], way_back=way_back, actor=TESTER, now=timezone.now())


def test_it_is_looked_at_when_somebody_asks(tenant: Tenant) -> None:
    account = make_account(tenant)
    now = timezone.now()
    with scope(tenant):
        assert linking.check(account, actor=TESTER, now=now)
    row = fresh(account)
    assert (row.retry_at, row.checked_at, row.state) == (now, None, State.READY)
    assert actions(tenant) == ["ovh_account.check_requested"]


# --- By the clock


def test_one_account_that_fails_stops_no_other(
    tenant: Tenant, ovh_emulator: OvhEmulator, caplog: pytest.LogCaptureFixture
) -> None:
    account = linked_with(tenant)
    tasks.examine([(tenant.pk, 0), (tenant.pk, account.pk)])
    assert fresh(account).checked_at is not None


def test_a_fetched_price_list_is_kept_for_the_next_account(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    fetch_catalogue("eu")
    ovh_emulator.clear_calls()
    look(link(tenant, ovh_emulator))
    assert ovh_emulator.calls(path="/order/catalog/*") == []
