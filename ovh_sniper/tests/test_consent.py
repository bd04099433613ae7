"""The guided consent: OVH is asked for a key, its owner agrees there, and the key is put to use."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from emulators.ovh.world import DEMO
from ovh_sniper.gateways.accounts import ORDER_RULES, PAY_RULES
from ovh_sniper.gateways.errors import Kind
from ovh_sniper.models import Account
from ovh_sniper.services.accounts import consents, linking
from ovh_sniper.testing import TESTER, make_account
from ovh_sniper.tests.buyer import now as time_of
from ovh_sniper.tests.linked import ask, codes, fresh, link, look, way_back
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State


def come_back(account: Account, emulator: OvhEmulator, mark: str = "") -> bool:
    """Come back from OVH with the account's own mark, or another one."""
    with scope(account.tenant_id):
        row = Account.objects.get(pk=account.pk)
        return linking.came_back(
            row, mark or row.consent_state, actor=TESTER, now=time_of(emulator)
        )


def renew(account: Account, emulator: OvhEmulator, *rights: str) -> Account:
    """Ask for a new consumer key, and have OVH asked."""
    with scope(account.tenant_id):
        linking.ask_consent(
            fresh(account), rights=rights, way_back=way_back, actor=TESTER, now=time_of(emulator)
        )
    return look(account)


# --- The way of it


def test_the_account_is_ready_once_its_owner_agreed_and_came_back(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator))
    assert (account.state, account.consumer_key) == (State.PENDING, "")
    assert "credentialToken=" in account.consent_url
    target = ovh_emulator.accept(account.consent_url)
    assert target == way_back(account.public_id, account.consent_state)
    assert come_back(account, ovh_emulator)
    account = look(account)
    assert (account.state, account.can_order) == (State.READY, True)
    assert account.consumer_key
    assert {getattr(account, name) for name in consents.FIELDS} == {""}


def test_the_key_has_the_least_rules_that_ordering_works_with(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator))
    credential = ovh_emulator.state.credentials["eu", account.new_consumer_key]
    asked = {(rule["method"], rule["path"]) for rule in credential.rules}
    assert asked == {(rule.method, rule.path) for rule in ORDER_RULES}


def test_a_right_that_was_ticked_is_asked_for(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    account = renew(make_account(tenant), ovh_emulator, "pay")
    credential = ovh_emulator.state.credentials["eu", account.new_consumer_key]
    asked = {(rule["method"], rule["path"]) for rule in credential.rules}
    assert asked == {(rule.method, rule.path) for rule in ORDER_RULES + PAY_RULES}
    ovh_emulator.accept(account.consent_url)
    come_back(account, ovh_emulator)
    found = look(account).findings
    assert found == [{"code": "off", "function": "withdraw"}]


def test_the_key_in_use_works_until_the_new_one_does_and_ends_then(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    old = ovh_emulator.add_account("eu")
    account = look(link(tenant, ovh_emulator, old))
    account = renew(account, ovh_emulator)
    assert (account.state, account.consumer_key) == (State.READY, old.consumer_key)
    ovh_emulator.accept(account.consent_url, nichandle=old.nichandle)
    come_back(account, ovh_emulator)
    account = look(account)
    assert (account.state, account.nichandle) == (State.READY, old.nichandle)
    assert account.consumer_key != old.consumer_key
    credential = ovh_emulator.state.credentials["eu", old.consumer_key]
    assert credential.state(ovh_emulator.clock.time()) == "expired"


def test_who_never_comes_back_is_noticed_within_five_minutes(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator))
    assert account.retry_at == time_of(ovh_emulator) + timedelta(minutes=5)
    ovh_emulator.accept(account.consent_url, 3600)
    account = look(account)
    assert account.state == State.READY
    assert account.expires_at == time_of(ovh_emulator).replace(microsecond=0) + timedelta(hours=1)


# --- It is not given


def test_before_anybody_agreed_nothing_is_wrong(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    account = look(look(ask(tenant, ovh_emulator)))
    assert (account.state, account.findings) == (State.PENDING, [])


def test_who_refused_at_ovh_hears_that_it_was_not_given(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator))
    ovh_emulator.accept(account.consent_url, allow=False)
    come_back(account, ovh_emulator)
    account = look(account)
    assert (account.state, codes(account)) == (State.PENDING, ["consent_open"])


def test_a_consent_nobody_gives_in_a_day_is_no_longer_waited_for(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator))
    account = look(account, time_of(ovh_emulator) + timedelta(days=1))
    assert (account.state, codes(account)) == (State.BROKEN, ["consent_ended"])
    assert (account.retry_at, account.consent_url) == (None, "")


def test_a_renewal_nobody_gives_leaves_the_key_in_use(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = renew(make_account(tenant), ovh_emulator)
    account = look(account, time_of(ovh_emulator) + timedelta(days=1))
    assert (account.state, account.consent_back) == (State.READY, "")
    assert account.consumer_key == DEMO["eu"].consumer_key


# --- It cannot be asked for


@pytest.mark.parametrize(
    ("application_key", "code"),
    [("unknown000000001", Kind.KEY_INVALID), (DEMO["ca"].application_key, "wrong_host")],
)
def test_an_application_that_ovh_does_not_know_is_told_at_once(
    tenant: Tenant, ovh_emulator: OvhEmulator, application_key: str, code: str
) -> None:
    account = look(ask(tenant, ovh_emulator, application_key=application_key))
    assert (account.state, codes(account)) == (State.BROKEN, [code])


def test_a_wrong_secret_shows_once_the_owner_agreed(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(ask(tenant, ovh_emulator, application_secret="wrong"))
    ovh_emulator.accept(account.consent_url)
    come_back(account, ovh_emulator)
    account = look(account)
    assert (account.state, codes(account)) == (State.BROKEN, [Kind.BAD_SIGNATURE])
    # the right secret is enough: the consent was given
    with scope(tenant):
        linking.change(
            account,
            keys={"application_secret": DEMO["eu"].application_secret},
            way_back=way_back,
            actor=TESTER,
            now=time_of(ovh_emulator),
        )
    assert look(account).state == State.READY


def test_ovh_away_is_asked_again(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    ovh_emulator.fault("html", path="/auth/credential")
    account = look(ask(tenant, ovh_emulator))
    assert (account.state, codes(account)) == (State.PENDING, ["unreachable"])
    account = look(account)
    assert (account.state, account.findings) == (State.PENDING, [])
    assert account.consent_url


def test_a_page_that_is_no_web_address_becomes_no_link(
    tenant: Tenant, ovh_emulator: OvhEmulator, canned: object
) -> None:
    canned.say(  # type: ignore[attr-defined]
        "/1.0/auth/credential",
        {"consumerKey": "k", "state": "pendingValidation", "validationUrl": "javascript:alert(1)"},
    )
    account = look(ask(tenant, ovh_emulator))
    assert (account.consent_url, codes(account)) == ("", ["unreachable"])


# --- The mark


@pytest.mark.parametrize("mark", ["", "another", "ü"])
def test_only_our_own_mark_counts_as_coming_back(
    tenant: Tenant, ovh_emulator: OvhEmulator, mark: str
) -> None:
    account = look(ask(tenant, ovh_emulator))
    with scope(tenant):
        assert not linking.came_back(account, mark, actor=TESTER, now=time_of(ovh_emulator))
    assert fresh(account).consent_state == account.consent_state


def test_a_mark_is_good_once(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    account = look(ask(tenant, ovh_emulator))
    mark = account.consent_state
    assert come_back(account, ovh_emulator, mark)
    assert not come_back(account, ovh_emulator, mark)
    with scope(tenant):
        # two browsers with the same row read before either came back
        assert not linking.came_back(account, mark, actor=TESTER, now=time_of(ovh_emulator))
        events = AuditEvent.objects.filter(action="ovh_account.consent_returned")
        assert events.count() == 1


def test_each_consent_has_a_mark_of_its_own(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    account = renew(make_account(tenant), ovh_emulator)
    first = account.consent_state
    account = renew(account, ovh_emulator)
    assert first != account.consent_state
    assert not come_back(account, ovh_emulator, first)
