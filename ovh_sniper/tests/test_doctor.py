"""What the doctor says of an account: one finding for each thing that can be wrong with it."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from emulators.clock import ManualClock
from emulators.ovh.world import DEMO
from ovh_sniper.gateways.accounts import ORDER_RULES
from ovh_sniper.gateways.errors import Kind
from ovh_sniper.models import Account, StoredCatalogue, Wish
from ovh_sniper.services import accounts, doctor, findings, refusals
from ovh_sniper.services.access import ovh_of
from ovh_sniper.testing import TESTER, make_account, make_wish
from ovh_sniper.tests.buyer import now as time_of
from ovh_sniper.tests.linked import codes, fresh, link, look, parts_of, said
from tenants.models import Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

State = Account.State
RULES = [{"method": rule.method, "path": rule.path} for rule in ORDER_RULES]


def least(emulator: OvhEmulator, **more: Any) -> Any:
    """Return the keys of a new customer whose consumer key has the least rules."""
    return emulator.add_account("eu", rules=RULES, **more)


# --- All is well


def test_a_healthy_account_is_ready_and_says_whose_it_is(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    assert (account.state, account.can_order) == (State.READY, True)
    assert (account.subsidiary, account.currency) == ("FR", "EUR")
    assert account.nichandle.endswith("-ovh")
    assert account.payment_method == "************4242"
    assert codes(account) == ["off", "off"]


@pytest.mark.parametrize(
    ("host", "subsidiary", "currency"), [("ca", "QC", "CAD"), ("us", "US", "USD")]
)
def test_each_region_has_its_own_country_and_money(
    tenant: Tenant, ovh_emulator: OvhEmulator, host: str, subsidiary: str, currency: str
) -> None:
    account = look(link(tenant, ovh_emulator, DEMO[host]))
    assert (account.subsidiary, account.currency) == (subsidiary, currency)


def test_the_price_list_of_the_country_is_wanted_from_then_on(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    look(link(tenant, ovh_emulator, ovh_emulator.add_account("eu", "PL")))
    assert StoredCatalogue.objects.filter(host="eu", subsidiary="PL").exists()


def test_a_service_account_with_all_actions_is_ready(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_service_account("eu", ["*"])
    account = look(link(tenant, ovh_emulator, keys))
    assert (account.state, account.can_order) == (State.READY, True)
    # OVH does not list a service account's rights: to order is the one that cannot be tried
    assert [one["function"] for one in account.findings if one["code"] == "unsure"] == ["order"]
    assert ovh_emulator.carts("eu") == []


def test_a_clock_that_is_wrong_is_set_right_by_itself(
    tenant: Tenant, ovh_emulator: OvhEmulator, ovh_clock: ManualClock
) -> None:
    account = link(tenant, ovh_emulator)
    look(account)
    ovh_clock.advance(4000)
    with scope(tenant):
        accounts.check(account, actor=TESTER, now=time_of(ovh_emulator))
    ovh_emulator.clear_calls()
    assert look(account).state == State.READY
    first, second = ovh_emulator.calls("eu", "GET", "/auth/currentCredential")
    assert (first["status"], second["status"]) == (403, 200)


# --- Nothing works


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"application_key": "unknown000000001"}, Kind.KEY_INVALID),
        ({"application_secret": "wrong"}, Kind.BAD_SIGNATURE),
        ({"consumer_key": "unknown"}, Kind.CREDENTIAL_UNKNOWN),
    ],
)
def test_a_wrong_key_is_named(
    tenant: Tenant, ovh_emulator: OvhEmulator, changed: dict[str, Any], code: str
) -> None:
    account = look(link(tenant, ovh_emulator, **changed))
    assert (account.state, codes(account)) == (State.BROKEN, [code])
    assert not account.can_order


@pytest.mark.parametrize("is_service", [False, True])
def test_keys_of_another_region_name_that_region(
    tenant: Tenant, ovh_emulator: OvhEmulator, *, is_service: bool
) -> None:
    keys = ovh_emulator.add_service_account("ca", ["*"]) if is_service else DEMO["ca"]
    account = look(link(tenant, ovh_emulator, keys, host="us"))
    assert account.state == State.BROKEN
    assert account.findings == [{"code": "wrong_host", "host": "ca", "chosen": "us"}]
    words = said(account, "wrong_host")
    assert words.title == "The keys belong to OVH Canada, not to OVH US"


def test_a_service_account_with_a_wrong_secret_is_refused(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_service_account("eu", ["*"])
    account = look(link(tenant, ovh_emulator, keys, client_secret="wrong"))
    assert (account.state, codes(account)) == (State.BROKEN, [Kind.CREDENTIAL_INVALID])


def test_a_key_that_ended_says_when(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    keys = least(ovh_emulator)
    account = link(tenant, ovh_emulator, keys)
    credential = ovh_emulator.state.credentials["eu", keys.consumer_key]
    credential.expiration = ovh_emulator.clock.time() + 20 * 86400
    account = look(account)
    ends = account.expires_at
    assert ends is not None
    ovh_emulator.expire(keys)
    account = look(account, ends + timedelta(hours=1))
    assert account.findings == [{"code": "expired", "at": ends.isoformat()}]
    assert "ended on" in said(account, "expired").title


def test_a_key_that_was_revoked_says_so(tenant: Tenant, ovh_emulator: OvhEmulator) -> None:
    keys = least(ovh_emulator)
    account = look(link(tenant, ovh_emulator, keys))
    ovh_emulator.expire(keys)
    account = look(account)
    assert (account.state, codes(account)) == (State.BROKEN, [Kind.CREDENTIAL_INVALID])


def test_a_key_tied_to_other_addresses_is_not_called_wrong(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    ovh_emulator.state.credentials["eu", keys.consumer_key].allowed_ips = ["203.0.113.7/32"]
    account = look(link(tenant, ovh_emulator, keys))
    assert (account.state, codes(account)) == (State.BROKEN, [Kind.NOT_ALLOWED])
    assert "IP addresses" in said(account, Kind.NOT_ALLOWED).advice


def test_a_key_tied_to_our_own_address_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    ovh_emulator.state.credentials["eu", keys.consumer_key].allowed_ips = ["127.0.0.0/8"]
    account = look(link(tenant, ovh_emulator, keys))
    assert account.state == State.READY
    assert said(account, "addresses").items == ("127.0.0.0/8",)


def test_every_refusal_has_words_of_its_own() -> None:
    titles = {kind: refusals.words(kind).title for kind in Kind}
    assert len(set(titles.values())) == len(Kind)
    assert not any("403" in title for title in titles.values())


# --- Something is missing


@pytest.mark.parametrize(
    ("rule", "function", "code", "can_order"),
    [
        ("GET /me", "quote", "missing", False),
        ("POST /order/cart/*", "order", "missing", False),
        ("GET /me/order/*", "follow", "missing", True),
        ("GET /me/payment/method", "payment", "missing", True),
    ],
)
def test_a_missing_rule_is_named_with_what_it_is_for(
    tenant: Tenant,
    ovh_emulator: OvhEmulator,
    rule: str,
    function: str,
    code: str,
    *,
    can_order: bool,
) -> None:
    rules = [one for one in RULES if f"{one['method']} {one['path']}" != rule]
    keys = ovh_emulator.add_account("eu", rules=rules)
    account = look(link(tenant, ovh_emulator, keys))
    found = [one for one in account.findings if one["code"] == code]
    assert function in [one["function"] for one in found]
    named = " ".join(item for one in found for item in one["items"])
    assert rule.removesuffix("/*") in named
    assert (account.state, account.can_order) == (State.LIMITED, can_order)


def test_rights_that_were_ticked_but_not_granted_are_missing(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator), rights=("pay", "withdraw")))
    found = {one["function"]: one["items"] for one in account.findings}
    assert found == {
        "pay": ["POST /me/order/*/pay"],
        "withdraw": ["POST /me/order/*/retraction"],
    }
    assert (account.state, account.can_order) == (State.LIMITED, True)


def test_a_key_that_may_do_more_than_needed_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, ovh_emulator.add_account("eu")))
    assert said(account, "beyond").items == ("POST /*", "PUT /*", "DELETE /*")


@pytest.mark.parametrize(
    ("actions", "function", "missing"),
    [
        (
            ["account:*", "order:apiovh:cart/get"],
            "quote",
            [
                "order:apiovh:cart/assign",
                "order:apiovh:cart/checkout/simulate",
                "order:apiovh:cart/delete",
            ],
        ),
        (["account:apiovh:me/*", "account:apiovh:me/order/*"], "quote", None),
        (
            ["order:*", "account:apiovh:me/get", "account:apiovh:me/payment/method/get"],
            "follow",
            [
                "account:apiovh:me/order/get",
                "account:apiovh:me/order/status/get",
                "account:apiovh:me/order/details/get",
                "account:apiovh:me/order/followUp/get",
            ],
        ),
        (["order:*", "account:apiovh:me/order/*"], "payment", None),
    ],
)
def test_all_iam_actions_that_are_missing_are_named_at_once(
    tenant: Tenant,
    ovh_emulator: OvhEmulator,
    actions: list[str],
    function: str,
    missing: list[str] | None,
) -> None:
    keys = ovh_emulator.add_service_account("eu", actions)
    account = look(link(tenant, ovh_emulator, keys))
    found = [one for one in account.findings if one["code"] == "missing"]
    named = next(one["items"] for one in found if one["function"] == function)
    assert missing is None or named == missing
    assert account.state == State.LIMITED


def test_the_action_to_order_with_is_named_as_its_region_names_it(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = ovh_emulator.add_service_account("us", ["*"])
    account = look(link(tenant, ovh_emulator, keys))
    assert said(account, "unsure").items == ("account:apiovh:order/cart/checkout/execute",)


# --- The customer


def test_an_incomplete_customer_account_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator, state="incomplete", kyc_validated=False)
    account = look(link(tenant, ovh_emulator, keys))
    assert account.state == State.LIMITED
    assert {"incomplete", "unidentified"} <= set(codes(account))


@pytest.mark.parametrize("status", ["", "EXPIRED"])
def test_no_valid_payment_method_means_that_no_order_pays_itself(
    tenant: Tenant, ovh_emulator: OvhEmulator, status: str
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator, method_status=status)))
    assert (account.state, account.can_order) == (State.LIMITED, True)
    assert (account.payment_method, account.payment_method_id) == ("", None)
    assert "no_payment_method" in codes(account)


def test_a_payment_method_that_ends_soon_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = look(link(tenant, ovh_emulator, least(ovh_emulator)))
    assert "payment_ends" not in codes(account)
    # the emulator's card ends on 2029-01-31
    later = account.created_at.replace(year=2029, month=1, day=10)
    account = look(account, later)
    assert {"code": "payment_ends", "on": "2029-01-31"} in account.findings
    assert account.state == State.READY


def test_the_same_customer_linked_twice_is_told_of(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    look(link(tenant, ovh_emulator, keys, name="First"))
    second = look(link(tenant, ovh_emulator, keys, name="Second"))
    assert said(second, "linked_twice").title == "The same OVH customer is linked as “First” too"
    assert second.state == State.READY


def test_another_tenants_account_of_the_same_customer_is_not_told_of(
    tenant: Tenant, stranger: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = least(ovh_emulator)
    look(link(stranger, ovh_emulator, keys))
    assert codes(look(link(tenant, ovh_emulator, keys))) == ["off", "off"]


def test_keys_of_another_customer_do_not_take_over_what_was_wished(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    make_wish(account)
    other = least(ovh_emulator)
    with scope(tenant):
        accounts.change(account, keys=parts_of(other), actor=TESTER, now=time_of(ovh_emulator))
    account = look(account)
    assert (account.state, account.nichandle) == (State.BROKEN, DEMO["eu"].nichandle)
    assert account.findings == [
        {"code": "other_account", "nichandle": other.nichandle, "known": DEMO["eu"].nichandle}
    ]


def test_keys_of_another_customer_are_taken_while_nothing_was_wished(
    tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    account = make_account(tenant)
    other = least(ovh_emulator)
    with scope(tenant):
        accounts.change(account, keys=parts_of(other), actor=TESTER, now=time_of(ovh_emulator))
    account = look(account)
    assert (account.state, account.nichandle) == (State.READY, other.nichandle)


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
            accounts.change(fresh(row), keys=parts_of(DEMO["eu"]), actor=TESTER, now=now)
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
