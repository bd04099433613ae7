"""The REST API of bots."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from django.core.management import call_command
from django.test import Client
from django.utils import timezone

from bots.models import Bot, Person
from bots.testing import make_bot
from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, SPARE_TOKEN
from tenants.models import Tenant, User
from tenants.scoping import scope
from tenants.services import api_keys
from tenants.services.audit import Actor

if TYPE_CHECKING:
    from emulators.telegram import TelegramEmulator

BOTS = "/api/v1/bots/"
SECRET_PART = DEMO_TOKEN.partition(":")[2]


@dataclass
class Program:
    """A program with an API key."""

    key: str

    def __call__(self, method: str, path: str, data: Any = None) -> Any:
        return Client().generic(
            method,
            path,
            data=b"" if data is None else __import__("json").dumps(data),
            content_type="application/json",
            headers={"Authorization": f"Bearer {self.key}"},
        )


def program(tenant: Tenant, *scopes: str) -> Program:
    with scope(tenant):
        _key, text = api_keys.create(
            "test",
            list(scopes or ["full"]),
            actor=Actor.system(),
            created_by=User.objects.filter(memberships__tenant=tenant).first(),
        )
    return Program(text)


@pytest.fixture
def acme_api(acme: Tenant) -> Program:
    return program(acme)


@pytest.fixture
def rival_api(rival: Tenant) -> Program:
    return program(rival)


def create(api: Program, **data: Any) -> Any:
    return api("POST", BOTS, {"token": DEMO_TOKEN, "products": ["lottery"], **data})


def error_code(answer: Any) -> str:
    return str(answer.json()["error"]["code"])


def test_a_bot_is_created_enabled_disabled_and_deleted(
    telegram: TelegramEmulator, acme_api: Program
) -> None:
    created = create(acme_api, language="zh-hans")
    assert created.status_code == 201, created.content
    bot = created.json()
    assert (bot["username"], bot["state"], bot["products"], bot["language"]) == (
        "harbor_demo_bot", "disabled", ["lottery"], "zh-hans",
    )  # fmt: skip
    one = f"{BOTS}{bot['id']}/"
    enabled = acme_api("POST", f"{one}enable/")
    assert enabled.json()["state"] == "enabled"
    assert telegram.bots[DEMO_BOT_ID].webhook is not None
    assert acme_api("GET", one).json()["health"]["registered"] is True
    assert acme_api("POST", f"{one}disable/").json()["state"] == "disabled"
    assert telegram.bots[DEMO_BOT_ID].webhook is None
    assert acme_api("DELETE", one).status_code == 204
    assert acme_api("GET", one).status_code == 404


def test_the_token_is_never_shown(telegram: TelegramEmulator, acme_api: Program) -> None:
    created = create(acme_api)
    one = f"{BOTS}{created.json()['id']}/"
    answers = [created, acme_api("GET", BOTS), acme_api("GET", one)]
    answers += [acme_api("POST", f"{one}enable/"), acme_api("GET", f"{one}health/")]
    assert not any(SECRET_PART in answer.content.decode() for answer in answers)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        ({"token": "hello"}, 400, "token_malformed"),
        ({"token": f"{DEMO_BOT_ID}:{'x' * 35}"}, 400, "token_refused"),
        ({"products": ["casino"]}, 400, "unknown_product"),
        ({"token": ""}, 400, "invalid"),
        ({"token": ["a"]}, 400, "invalid"),
        ({"products": "lottery"}, 400, "invalid"),
        ({"language": "tlh"}, 400, "invalid"),
        ({"delivery": "pigeon"}, 400, "invalid"),
    ],
)
def test_wrong_input_is_refused_with_a_code(
    telegram: TelegramEmulator, acme_api: Program, data: dict[str, Any], status: int, code: str
) -> None:
    answer = create(acme_api, **data)
    assert (answer.status_code, error_code(answer)) == (status, code)
    assert answer.json()["error"]["message"]


def test_telegram_away_is_503_and_says_when_to_come_back(
    telegram: TelegramEmulator, acme_api: Program
) -> None:
    telegram.fault("drop")
    answer = create(acme_api)
    assert (answer.status_code, error_code(answer)) == (503, "telegram_unavailable")
    assert int(answer["Retry-After"]) > 0


def test_a_bot_belongs_to_one_tenant(
    telegram: TelegramEmulator, acme_api: Program, rival_api: Program
) -> None:
    create(acme_api)
    again, stolen = create(acme_api), create(rival_api)
    assert (again.status_code, error_code(again)) == (409, "already_connected")
    assert (stolen.status_code, error_code(stolen)) == (409, "token_taken")
    assert "acme" not in stolen.content.decode().lower()


@pytest.mark.parametrize(
    ("method", "rest"),
    [
        ("GET", ""), ("PATCH", ""), ("DELETE", ""), ("POST", "enable/"), ("POST", "disable/"),
        ("GET", "health/"), ("POST", "test-message/"),
    ],
)  # fmt: skip
def test_another_tenants_bot_is_not_found(
    connected: Bot, rival_api: Program, method: str, rest: str
) -> None:
    answer = rival_api(method, f"{BOTS}{connected.public_id}/{rest}", {"chat_id": 1})
    assert (answer.status_code, error_code(answer)) == (404, "not_found")


def test_another_tenants_bots_are_not_listed(
    connected: Bot, acme_api: Program, rival_api: Program
) -> None:
    assert [bot["id"] for bot in acme_api("GET", BOTS).json()["results"]] == [connected.public_id]
    assert rival_api("GET", BOTS).json()["results"] == []


def test_without_a_key_nothing_is_told(connected: Bot) -> None:
    for path in (BOTS, f"{BOTS}{connected.public_id}/"):
        assert Client().get(path).status_code == 401


def test_a_key_that_may_only_read_changes_nothing(connected: Bot, acme: Tenant) -> None:
    reader = program(acme, "bots:read")
    assert reader("GET", BOTS).status_code == 200
    answer = reader("POST", f"{BOTS}{connected.public_id}/enable/")
    assert (answer.status_code, error_code(answer)) == (403, "scope_missing")


def test_settings_are_changed_one_by_one(online: Bot, acme_api: Program) -> None:
    one = f"{BOTS}{online.public_id}/"
    assert acme_api("PATCH", one, {"language": "zh-hant"}).json()["language"] == "zh-hant"
    changed = acme_api("PATCH", one, {"products": []}).json()
    assert (changed["products"], changed["language"]) == ([], "zh-hant")


def test_a_newer_token_is_taken_another_bots_is_not(
    online: Bot, telegram: TelegramEmulator, acme_api: Program
) -> None:
    one = f"{BOTS}{online.public_id}/"
    fresh = telegram.revoke(DEMO_BOT_ID)
    assert acme_api("PATCH", one, {"token": fresh}).status_code == 200
    answer = acme_api("PATCH", one, {"token": SPARE_TOKEN})
    assert (answer.status_code, error_code(answer)) == (400, "other_bot")


def test_a_test_message_goes_to_who_started_the_bot(
    online: Bot, telegram: TelegramEmulator, acme: Tenant, acme_api: Program
) -> None:
    telegram.start(DEMO_BOT_ID, ALICE)
    path = f"{BOTS}{online.public_id}/test-message/"
    assert error_code(acme_api("POST", path, {"chat_id": ALICE})) == "chat_unreachable"
    with scope(acme):
        Person.objects.create(
            bot=online, telegram_id=ALICE, seen_at=timezone.now(), has_started=True
        )
    answer = acme_api("POST", path, {"chat_id": ALICE})
    assert answer.json()["message_id"] == telegram.sent(ALICE)[-1]["message_id"]


def test_the_older_names_take_a_token_or_an_id(
    telegram: TelegramEmulator, acme_api: Program
) -> None:
    registered = acme_api("POST", "/api/bot/register-webhook/", {"token": DEMO_TOKEN})
    assert registered.status_code == 200, registered.content
    assert registered.json()["state"] == "enabled"
    removed = acme_api("POST", "/api/bot/remove-webhook/", {"bot_id": registered.json()["id"]})
    assert removed.json()["state"] == "disabled"
    again = acme_api("POST", "/api/bot/register-webhook/", {"token": DEMO_TOKEN})
    assert again.json()["id"] == registered.json()["id"]


@pytest.mark.parametrize("name", ["register-webhook", "remove-webhook"])
def test_the_older_names_refuse_what_names_no_bot(
    connected: Bot, rival_api: Program, name: str
) -> None:
    path = f"/api/bot/{name}/"
    assert rival_api("POST", path, {"bot_id": connected.public_id}).status_code == 404
    assert rival_api("POST", path, {}).status_code == 400
    assert rival_api("POST", path, {"bot_id": "a", "token": "b"}).status_code == 400
    assert error_code(rival_api("POST", path, {"token": "b"})) == "token_malformed"


def test_a_list_costs_the_same_for_many_bots(
    acme: Tenant, acme_api: Program, django_assert_max_num_queries: Any
) -> None:
    for _number in range(30):
        make_bot(acme)
    with django_assert_max_num_queries(4):
        assert len(acme_api("GET", BOTS).json()["results"]) == 30


def test_the_api_is_documented_without_warnings(db: None) -> None:
    out = io.StringIO()
    call_command("spectacular", "--fail-on-warn", "--validate", stdout=out)
    for path in (BOTS, "{id}/enable/", "{id}/test-message/", "/api/bot/register-webhook/"):
        assert path in out.getvalue()
