"""Cloud accounts, servers entered by hand, packages and settings over the REST API."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from bots.testing import make_bot, make_chat
from emulators.huawei.world import DEMO
from tenants.models import AuditEvent, Tenant
from tenants.scoping import scope
from traffic_guard.models import Account, Package, PowerAction, Preferences, Server
from traffic_guard.services.accounts import checking
from traffic_guard.testing import make_account, make_package, make_server
from traffic_guard.tests.programs import BASE, Program, code, fields, found

if TYPE_CHECKING:
    from emulators.huawei import HuaweiEmulator

pytestmark = pytest.mark.django_db
KEYS = DEMO["intl"]
LINK = {
    "name": "Main",
    "site": KEYS.site,
    "access_key": KEYS.access_key,
    "secret_key": KEYS.secret_key,
    "rights": "guard",
}


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant)


def accounts_of(tenant: Tenant) -> list[Account]:
    with scope(tenant, transaction=False):
        return list(Account.objects.order_by("pk"))


def test_an_account_is_linked_checked_and_shown_without_its_keys(
    program: Program, tenant: Tenant, huawei: HuaweiEmulator
) -> None:
    made = program.post("accounts/", LINK)
    assert made.status_code == 201
    path = f"accounts/{made.json()['id']}/"
    assert (made.json()["state"], made.json()["checked_at"]) == ("pending", None)
    assert made.json()["state_text"] == "being checked"
    assert code(program.post(f"{path}rescan/")) == (409, "wrong_state")
    with scope(tenant, transaction=False):
        checking.check(accounts_of(tenant)[0].pk, timezone.now(), tell=lambda *_news: None)
    shown = program.get(path)
    told = found(shown)
    assert (told["state"], told["rights"], told["halted_for"]) == ("ready", "guard", "")
    stop = next(one for one in told["grants"] if one["action"] == "ecs:cloudServers:stop")
    assert stop["label"] == "stop servers"
    assert not [one for one in told["findings"] if one["tone"] == "bad"]
    assert found(program.post(f"{path}rescan/"))["id"] == told["id"]
    assert found(program.post(f"{path}check/"))["checked_at"] is None
    changed = program.patch(path, {"name": "Other", "secret_key": "n" * 40})
    assert found(changed)["name"] == "Other"
    assert accounts_of(tenant)[0].secret_key == "n" * 40
    # neither an answer nor the audit log repeats a key
    with scope(tenant):
        audited = "".join(str(vars(event)) for event in AuditEvent.objects.all())
    answers = [made, shown, changed, program.get("accounts/")]
    for text in (audited, *(answer.content.decode() for answer in answers)):
        assert not [key for key in (KEYS.access_key, KEYS.secret_key, "n" * 40) if key in text]
    assert told["access_key"].endswith(KEYS.access_key[-4:])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"name": ""}, "name"),
        ({"access_key": ""}, "access_key"),
        ({"secret_key": "  "}, "secret_key"),
        ({"access_key": "with space"}, "access_key"),
        ({"access_key": "S" * 40, "secret_key": "A" * 20}, "access_key"),
        ({"site": "mars"}, "site"),
        ({"provider": "nowhere"}, "provider"),
        ({"rights": "all"}, "rights"),
        ({"region": "ap-southeast-1"}, "region"),
    ],
)
def test_bad_input_names_its_field(
    program: Program, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    assert field in fields(program.post("accounts/", LINK | changes))
    assert not accounts_of(tenant)


def test_the_same_key_is_linked_once_and_may_be_linked_by_another_tenant(
    program: Program, stranger: Tenant
) -> None:
    assert program.post("accounts/", LINK).status_code == 201
    assert "access_key" in fields(program.post("accounts/", LINK | {"name": "Again"}))
    theirs = Program(stranger)
    assert theirs.post("accounts/", LINK).status_code == 201
    assert theirs.names("accounts/") == ["Main"]


def test_an_account_is_disconnected_and_linked_again(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant, halted_for="frozen")
    path = f"accounts/{account.public_id}/"
    assert found(program.post(f"{path}release/"))["halted_for"] == ""
    server = make_server(account)
    with scope(tenant):
        action = PowerAction.objects.create(
            server=server, kind="stop", origin="api", request_key="k", state="sent"
        )
    assert code(program.delete(path)) == (409, "in_use")
    with scope(tenant):
        PowerAction.objects.filter(pk=action.pk).update(state="done")
    assert program.delete(path).status_code == 204
    left = found(program.get(path))
    assert (left["is_disconnected"], left["access_key"]) == (True, "")
    assert code(program.post(f"{path}check/")) == (409, "wrong_state")
    assert program.names("accounts/?disconnected=false") == []
    by_hand = {"account": account.public_id, "server_id": "s", "region": "ap-southeast-1"}
    assert "disconnected" in fields(program.post("servers/", by_hand))["account"][0]
    back = {"access_key": KEYS.access_key, "secret_key": KEYS.secret_key}
    assert found(program.patch(path, back))["is_disconnected"] is False


def test_what_no_search_finds_is_entered_by_hand(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant, projects=[{"region": "ap-southeast-1", "project_id": "p1"}])
    body = {
        "account": account.public_id,
        "server_id": "srv-1",
        "region": "ap-southeast-1",
        "package_ids": ["pkg-1"],
    }
    made = found(program.post("servers/", body))
    assert (made["name"], made["project_id"], made["is_manual"]) == ("srv-1", "p1", True)
    assert (made["unknown_because"], made["remaining_bytes"]) == ("unread", None)
    assert made["unknown_text"] == "it was not read yet"
    assert "region" in fields(program.post("servers/", body | {"region": "the moon"}))
    assert "account" in fields(program.post("servers/", body | {"account": "nobody"}))
    path = f"servers/{made['id']}/packages/"
    assert len(found(program.post(path, {"package_id": "pkg-2"}))["packages"]) == 2
    assert "package_id" in fields(program.post(path, {"package_id": "a/b"}))
    assert program.names("packages/", "cloud_id") == ["pkg-2", "pkg-1"]


def test_servers_are_chosen_for_a_shared_package(program: Program, tenant: Tenant) -> None:
    account = make_account(tenant)
    one, other = make_server(account, "web-1"), make_server(account, "web-2")
    elsewhere = make_server(account, "web-3", region="cn-north-4")
    package = make_package(one)
    path = f"packages/{package.public_id}/"
    refused = program.put(f"{path}servers/", {"servers": [one.public_id]})
    assert "non_field_errors" in fields(refused)
    with scope(tenant):
        Package.objects.filter(pk=package.pk).update(kind="shared")
    chosen = found(program.put(f"{path}servers/", {"servers": [other.public_id]}))
    assert chosen["servers"] == [other.public_id]
    refused = program.put(f"{path}servers/", {"servers": [elsewhere.public_id]})
    assert "non_field_errors" in fields(refused)
    assert "servers" in fields(program.put(f"{path}servers/", {"servers": ["nobody"]}))
    assert program.names(f"packages/?server={other.public_id}", "id") == [package.public_id]
    assert program.names("packages/?kind=bundled") == []
    [point] = program.get(f"{path}readings/").json()
    assert point["remaining_bytes"] == package.remaining_bytes


def test_another_tenants_things_do_not_exist(program: Program, stranger: Tenant) -> None:
    account = make_account(stranger)
    server = make_server(account)
    package = make_package(server)
    theirs, one = f"accounts/{account.public_id}/", f"servers/{server.public_id}/"
    answers = [
        program.get(theirs),
        program.patch(theirs, {"name": "mine"}),
        program.delete(theirs),
        *(program.post(f"{theirs}{act}/") for act in ("check", "rescan", "release")),
        program.get(f"{theirs}policy/"),
        program.put(f"{theirs}policy/", {}),
        program.get(one),
        *(program.get(f"{one}{part}/") for part in ("readings", "outbound", "what-if", "policy")),
        *(program.post(f"{one}{act}/") for act in ("protect", "unprotect", "hide", "resume")),
        program.get(f"packages/{package.public_id}/"),
        program.put(f"packages/{package.public_id}/servers/", {"servers": []}),
    ]
    assert {code(answer) for answer in answers} == {(404, "not_found")}
    assert [program.names(path) for path in ("accounts/", "servers/", "packages/")] == [[], [], []]
    assert program.names(f"servers/?account={account.public_id}") == []
    with scope(stranger):
        assert not Server.objects.get().is_protected


def test_each_scope_opens_its_own_doors(tenant: Tenant) -> None:
    account = make_account(tenant)
    server = make_server(account)
    path, one = f"accounts/{account.public_id}/", f"servers/{server.public_id}/"
    reader, writer = Program(tenant, "traffic:read"), Program(tenant, "traffic:write")
    powered = Program(tenant, "traffic:power", "ovh:read")
    refused = [
        reader.post("accounts/", LINK),
        reader.patch(path, {"name": "x"}),
        reader.post(f"{one}protect/"),
        reader.patch("settings/", {"daily_hour": 8}),
        reader.act("k", kind="stop", servers=[server.public_id]),
        reader.post("resume/"),
        writer.act("k", kind="stop", servers=[server.public_id]),
        writer.post(f"{one}unprotect/"),
        writer.post("resume/"),
        writer.get("servers/"),
        powered.get("servers/"),
        powered.patch("policy/", {"grace_minutes": 5}),
        powered.post(f"{one}protect/"),
    ]
    assert {code(answer) for answer in refused} == {(403, "scope_missing")}
    assert reader.get(one).status_code == 200
    assert Program(tenant, "full").post("resume/").status_code == 200


def test_a_list_costs_the_same_however_long(program: Program, tenant: Tenant) -> None:
    def count() -> int:
        with CaptureQueriesContext(connection) as queries:
            assert program.get("accounts/").json()["results"]
        return len(queries)

    make_account(tenant)
    program.get("accounts/")  # the key's last use is written once a minute
    few = count()
    for number in range(4):
        make_account(tenant, name=f"A {number}", access_key=f"TESTACCESSKEY000100{number}")
    assert count() == few == 3


def test_settings_are_read_without_a_row_and_changed_field_by_field(
    program: Program, tenant: Tenant
) -> None:
    shown = found(program.get("settings/"))
    assert (shown["stops_per_run"], shown["chat"], shown["paused_until"]) == (3, None, None)
    with scope(tenant):
        assert not Preferences.objects.exists()
    bot = make_bot(tenant, products=("traffic_guard",))
    place = {"bot": bot.public_id, "chat_id": make_chat(bot).telegram_id}
    changed = found(program.patch("settings/", {"chat": place, "excess_price": "0.8"}))
    assert (changed["chat"], changed["excess_price"]) == (place, "0.8000")
    assert found(program.patch("settings/", {"weekly_day": 0}))["chat"] == place
    until = "2099-01-01T00:00:00Z"
    assert found(program.post("pause/", {"until": until}))["paused_until"] == until
    assert found(program.post("resume/"))["paused_until"] is None


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"stops_per_run": 0}, "stops_per_run"),
        ({"stops_per_run": 50}, "stops_per_hour"),
        ({"excess_currency": "€"}, "excess_currency"),
        ({"daily_hour": 24}, "daily_hour"),
        ({"chat": {"bot": "nobody", "chat_id": 5}}, "chat"),
        ({"paused_until": None}, "paused_until"),
    ],
)
def test_bad_settings_name_their_field(
    program: Program, tenant: Tenant, changes: dict[str, Any], field: str
) -> None:
    assert field in fields(program.patch("settings/", changes))
    with scope(tenant):
        assert not Preferences.objects.exists()


@pytest.mark.parametrize("body", ["[]", "null", '"x"'])
def test_a_body_that_is_no_object_is_refused(program: Program, body: str) -> None:
    for path in ("accounts/", "servers/", "actions/", "pause/"):
        answer = program.client.post(
            BASE + path, body, content_type="application/json", headers={"Idempotency-Key": "k"}
        )
        assert answer.status_code == 400, path
