"""OVH accounts and settings over the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.testing import make_bot, make_chat
from ovh_sniper.models import Account, Order, Preferences, Wish
from ovh_sniper.services.accounts import doctor
from ovh_sniper.testing import DEMO, make_account, make_wish
from ovh_sniper.tests.programs import BASE, Program, code, fields
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator

pytestmark = pytest.mark.django_db
KEYS = ("application_key", "application_secret", "consumer_key")
LINK = {"name": "shop", "host": "eu", **{name: DEMO["eu"][name] for name in KEYS}}


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant, "ovh:read", "ovh:write")


def accounts_of(tenant: Tenant) -> list[Account]:
    with scope(tenant, transaction=False):
        return list(Account.objects.order_by("pk"))


def examine(tenant: Tenant) -> None:
    """Look at the accounts that are due, as a worker does."""
    for account in accounts_of(tenant):
        with scope(tenant, transaction=False):
            doctor.examine(account.pk, timezone.now())


# --- Linked


def test_an_account_is_linked_and_looked_at(
    program: Program, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    response = program.post("accounts/", LINK)
    assert response.status_code == 201
    made = response.json()
    assert (made["state"], made["checked_at"], made["can_order"]) == ("pending", None, False)
    examine(tenant)
    shown = program.get(f"accounts/{made['id']}/").json()
    assert (shown["state"], shown["subsidiary"], shown["currency"]) == ("ready", "FR", "EUR")
    assert (shown["nichandle"], shown["can_order"]) == ("hd10001-ovh", True)
    assert program.get("accounts/").json()["results"] == [shown]


def test_no_answer_and_no_audit_holds_a_key(
    program: Program, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    made = program.post("accounts/", LINK)
    path = f"accounts/{made.json()['id']}/"
    shown = [made, program.get(path), program.get("accounts/"), program.patch(path, LINK)]
    with scope(tenant):
        audited = "".join(str(vars(event)) for event in AuditEvent.objects.all())
    for text in (audited, *(answer.content.decode() for answer in shown)):
        assert not [LINK[name] for name in KEYS if LINK[name] in text]


def test_without_a_consumer_key_its_owner_agrees_at_ovh(
    program: Program, tenant: Tenant, ovh_emulator: OvhEmulator
) -> None:
    keys = {name: value for name, value in LINK.items() if name != "consumer_key"}
    made = program.post("accounts/", keys | {"rights": ["pay"]}).json()
    assert (made["waits_for_consent"], made["rights"]) == (True, ["pay"])
    path = f"accounts/{made['id']}/consent/"
    assert program.get(path).json() == {"url": ""}
    examine(tenant)
    answer = program.get(path)
    assert answer.json()["url"].startswith("http")
    assert answer["Cache-Control"] == "no-store"
    [account] = accounts_of(tenant)
    assert f"/t/{tenant.slug}/ovh/accounts/{account.public_id}/back/" in account.consent_back
    assert code(Program(tenant, "ovh:read").get(path)) == (403, "scope_missing")


def test_a_consumer_key_is_renewed(
    program: Program, linked: Account, ovh_emulator: OvhEmulator
) -> None:
    path = f"accounts/{linked.public_id}/consent/"
    assert code(program.get(path)) == (409, "no_consent")
    shown = program.post(path, {"rights": ["withdraw"]}).json()
    assert (shown["waits_for_consent"], shown["rights"]) == (True, ["withdraw"])
    assert "rights" in fields(program.post(path, {"rights": ["everything"]}))


def test_a_service_account_has_no_consent(program: Program, tenant: Tenant) -> None:
    terms = {"name": "iam", "host": "eu", "kind": "service"}
    made = program.post("accounts/", terms | {"client_id": "EU.1", "client_secret": "s" * 32})
    assert made.status_code == 201
    path = f"accounts/{made.json()['id']}/"
    assert "non_field_errors" in fields(program.post(f"{path}consent/"))
    assert "consumer_key" in fields(program.patch(path, {"consumer_key": "x" * 32}))


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 81}, "name"),
        ({"name": "a\x00"}, "name"),
        ({"host": "mars"}, "host"),
        ({"kind": "magic"}, "kind"),
        ({"kind": "service"}, "application_key"),
        ({"client_id": "EU.1"}, "client_id"),
        ({"application_key": "with space"}, "application_key"),
        ({"application_key": "ключ"}, "application_key"),
        ({"application_secret": "x" * 201}, "application_secret"),
        ({"consumer_key": ["x"]}, "consumer_key"),
        ({"rights": ["all"]}, "rights"),
        ({"rights": "pay"}, "rights"),
        ({"subsidiary": "FR"}, "subsidiary"),
    ],
)
def test_bad_input_names_its_field(
    program: Program, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    assert field in fields(program.post("accounts/", LINK | changes))
    assert not accounts_of(tenant)


@pytest.mark.parametrize("body", ["[]", "null", "1", '"x"'])
def test_a_body_that_is_no_object_is_refused(program: Program, tenant: Tenant, body: str) -> None:
    for path in ("accounts/", f"accounts/{make_account(tenant).public_id}/"):
        method = program.client.post if path == "accounts/" else program.client.patch
        assert method(BASE + path, body, content_type="application/json").status_code == 400


# --- Afterwards


def test_renamed_and_given_other_keys(program: Program, tenant: Tenant) -> None:
    account, other = make_account(tenant), make_account(tenant, "ca")
    path = f"accounts/{account.public_id}/"
    assert program.patch(path, {"name": "new"}).json()["name"] == "new"
    assert "name" in fields(program.patch(path, {"name": other.name}))
    changed = program.patch(path, {"application_secret": "n" * 32}).json()
    assert (changed["state"], changed["checked_at"]) == ("pending", None)
    assert accounts_of(tenant)[0].application_secret == "n" * 32
    assert accounts_of(tenant)[0].application_key == DEMO["eu"]["application_key"]


def test_looked_at_again_when_asked(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant)
    assert program.post(f"accounts/{account.public_id}/check/").json()["checked_at"] is None
    with scope(tenant):
        Account.objects.update(left_at=timezone.now())
    assert code(program.post(f"accounts/{account.public_id}/check/")) == (409, "wrong_state")


def test_disconnected_its_wishes_stop_and_its_orders_stay(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant)
    wish = make_wish(account)
    with scope(tenant):
        Order.objects.create(
            account=account, source="api", plan_code="27sk15", datacenter="gra", state="delivered"
        )
    path = f"accounts/{account.public_id}/"
    assert program.delete(path).status_code == 204
    assert program.get(path).json()["is_disconnected"] is True
    assert program.delete(path).status_code == 204
    with scope(tenant):
        assert Wish.objects.get(pk=wish.pk).state == "stopped"
        assert Order.objects.count() == 1


def test_an_account_whose_answer_is_awaited_stays(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant)
    with scope(tenant):
        Order.objects.create(
            account=account, source="api", plan_code="27sk15", datacenter="gra", state="unknown"
        )
    assert code(program.delete(f"accounts/{account.public_id}/")) == (409, "in_use")
    assert accounts_of(tenant)[0].left_at is None


def test_findings_are_in_the_callers_language(tenant: Tenant) -> None:
    account = make_account(tenant, findings=[{"code": "no_payment_method"}])
    path = f"accounts/{account.public_id}/"
    [finding] = Program(tenant, "ovh:read").get(path).json()["findings"]
    assert (finding["code"], finding["tone"]) == ("no_payment_method", "warn")
    assert finding["title"] == "There is no valid default payment method"


# --- Who may what


def test_another_tenants_account_does_not_exist(program: Program, stranger: Tenant) -> None:
    path = f"accounts/{make_account(stranger).public_id}/"
    answers = [
        program.get(path),
        program.patch(path, {"name": "mine"}),
        program.delete(path),
        program.post(f"{path}check/"),
        program.post(f"{path}consent/", {}),
        program.get(f"{path}consent/"),
    ]
    assert [code(answer) for answer in answers] == [(404, "not_found")] * 6
    assert program.get("accounts/").json()["results"] == []
    assert accounts_of(stranger)[0].left_at is None


def test_scopes(tenant: Tenant) -> None:
    path = f"accounts/{make_account(tenant).public_id}/"
    reader = Program(tenant, "ovh:read", "ovh:order", "ovh:pay")
    refused = [
        reader.post("accounts/", LINK),
        reader.patch(path, {"name": "x"}),
        reader.delete(path),
        reader.post(f"{path}check/"),
        reader.post(f"{path}consent/"),
        reader.patch("settings/", {"interval": 9}),
        Program(tenant, "ovh:order").get("accounts/"),
        Program(tenant, "ovh:order").get("settings/"),
    ]
    assert [code(answer) for answer in refused] == [(403, "scope_missing")] * len(refused)
    assert reader.get(path).status_code == 200


def test_a_list_costs_the_same_however_long(program: Program, tenant: Tenant) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert program.get("accounts/").json()["results"]
        return len(queries)

    make_account(tenant)
    program.get("accounts/")
    few = count()
    for number in range(5):
        make_account(tenant, name=f"shop {number}")
    assert count() == few == 2


# --- Settings


def test_settings_are_shown_without_a_row_being_written(program: Program, tenant: Tenant) -> None:
    shown = program.get("settings/").json()
    assert (shown["interval"], shown["chat"], shown["confirm_above"]) == (5, None, 1)
    with scope(tenant):
        assert not Preferences.objects.exists()


def test_some_settings_are_changed_and_the_others_stay(program: Program, tenant: Tenant) -> None:
    bot = make_bot(tenant, products=("ovh_sniper",))
    chat = make_chat(bot)
    place = {"bot": bot.public_id, "chat_id": chat.telegram_id}
    changed = program.patch("settings/", {"interval": 30, "chat": place, "digest_hour": 8})
    assert changed.status_code == 200
    program.patch("settings/", {"confirm_amount": "99.50"})
    shown = program.get("settings/").json()
    assert (shown["interval"], shown["digest_hour"], shown["confirm_amount"]) == (30, 8, "99.50")
    assert shown["chat"] == place
    assert program.patch("settings/", {"chat": None}).json()["chat"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"interval": 0}, "interval"),
        ({"interval": 10**20}, "interval"),
        ({"digest_hour": 24}, "digest_hour"),
        ({"confirm_above": -1}, "confirm_above"),
        ({"confirm_amount": "-1"}, "confirm_amount"),
        ({"muted_until": "tomorrow"}, "muted_until"),
        ({"chat": {"bot": "nobody", "chat_id": 5}}, "chat"),
        ({"chat": {"bot": "nobody", "chat_id": 10**30}}, "chat"),
        ({"chat": [5]}, "chat"),
        ({"tells_staff": "perhaps"}, "tells_staff"),
        ({"tenant": 1}, "tenant"),
    ],
)
def test_bad_settings_name_their_field(
    program: Program, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    assert field in fields(program.patch("settings/", changes))
    with scope(tenant):
        assert not Preferences.objects.exists()


def test_another_tenants_chat_does_not_exist(program: Program, stranger: Tenant) -> None:
    bot = make_bot(stranger, products=("ovh_sniper",))
    place = {"bot": bot.public_id, "chat_id": make_chat(bot).telegram_id}
    assert "chat" in fields(program.patch("settings/", {"chat": place}))
