"""The REST API of giveaways."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from bots.models import Bot
from bots.testing import Someone, make_chat
from lottery.models import Entry, Lottery, Place
from lottery.services.cards import Join
from lottery.testing import finish, make_draft, make_lottery
from tenants.models import Tenant
from tenants.scoping import scope
from tenants.services import api_keys
from tenants.services.audit import Actor

pytestmark = pytest.mark.django_db
BASE = "/api/v1/giveaways/"


class Program:
    """A client with an API key."""

    def __init__(self, tenant: Tenant, *scopes: str) -> None:
        with scope(tenant):
            _key, text = api_keys.create("tests", scopes, actor=Actor.system())
        self.client = Client(headers={"Authorization": f"Bearer {text}"})

    def get(self, path: str) -> Any:
        return self.client.get(BASE + path)

    def post(self, path: str, data: dict[str, Any]) -> Any:
        return self.client.post(BASE + path, data, content_type="application/json")


@pytest.fixture
def program(tenant: Tenant) -> Program:
    return Program(tenant, "lottery:read", "lottery:write")


def wanted(bot: Bot, **changes: Any) -> dict[str, Any]:
    data = {
        "bot": bot.public_id,
        "title": "Raffle",
        "ends_at": (timezone.now() + timedelta(hours=1)).isoformat(),
        "prizes": [{"name": "Phone"}, {"name": "Pen", "count": 3}],
    }
    return data | changes


def test_create(program: Program, bot: Bot) -> None:
    chat = make_chat(bot)
    response = program.post("", wanted(bot, chat_id=chat.telegram_id))
    assert response.status_code == 201
    made = response.json()
    assert (made["state"], made["number"], made["time_zone"]) == ("open", 1, "Asia/Taipei")
    assert made["prizes"] == [{"name": "Phone", "count": 1}, {"name": "Pen", "count": 3}]
    assert made["link"].endswith(f"?start=g_{made['id']}")
    assert "secret" not in made
    assert program.get(f"{made['id']}/").json() == made


def test_draft_and_publish(program: Program, bot: Bot) -> None:
    made = program.post("", wanted(bot, publish=False)).json()
    assert made["state"] == "draft"
    assert program.post(f"{made['id']}/publish/", {}).json()["state"] == "open"
    assert program.post(f"{made['id']}/publish/", {}).status_code == 409


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"title": "x" * 4096}, "title"),
        ({"prizes": []}, "prizes"),
        ({"prizes": [{"name": "a", "count": 0}]}, "prizes"),
        ({"ends_at": "2001-01-01T00:00:00Z"}, "ends_at"),
        ({"starts_at": "2001-01-01T00:00:00Z"}, "starts_at"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"bot": "nobody"}, "bot"),
        ({"chat_id": 5}, "chat_id"),
    ],
)
def test_bad_input(program: Program, bot: Bot, changes: dict[str, Any], field: str) -> None:
    response = program.post("", wanted(bot) | changes)
    assert response.status_code == 400
    assert field in response.json()["error"]["fields"]


def test_another_tenants_bot(program: Program, foreign_bot: Bot) -> None:
    assert program.post("", wanted(foreign_bot)).status_code == 400


def test_list_is_the_tenants_own(program: Program, bot: Bot, foreign_bot: Bot) -> None:
    ours, theirs = make_lottery(bot), make_lottery(foreign_bot)
    assert [one["id"] for one in program.get("").json()["results"]] == [ours.public_id]
    for path in ("", "entries/", "result/"):
        assert program.get(f"{theirs.public_id}/{path}").status_code == 404
    assert program.post(f"{theirs.public_id}/cancel/", {"reason": "x"}).status_code == 404


def test_cancel(program: Program, bot: Bot) -> None:
    lottery = make_lottery(bot)
    assert program.post(f"{lottery.public_id}/cancel/", {"reason": " "}).status_code == 400
    response = program.post(f"{lottery.public_id}/cancel/", {"reason": "Rain"})
    assert (response.status_code, response.json()["state"]) == (200, "cancelled")
    assert program.post(f"{lottery.public_id}/cancel/", {"reason": "Rain"}).status_code == 409


def test_entries_and_result(program: Program, bot: Bot) -> None:
    lottery = make_lottery(bot)
    ada = Someone(bot)
    ada.presses(Join(lottery.pk))
    assert program.get(f"{lottery.public_id}/result/").json()["error"]["code"] == "not_drawn"
    finish(lottery)
    [entry] = program.get(f"{lottery.public_id}/entries/").json()["results"]
    assert (entry["telegram_id"], entry["entry_no"]) == (ada.telegram_id, 0)
    result = program.get(f"{lottery.public_id}/result/").json()
    assert [place["prize"] for place in result["places"]] == ["Phone"]
    assert len(result["record_hash"]) == len(result["secret"]) == len(result["beacon"]) == 64


def test_scopes(tenant: Tenant, bot: Bot) -> None:
    lottery = make_draft(bot)
    reader, other = Program(tenant, "lottery:read"), Program(tenant, "bots:read")
    assert reader.get("").status_code == 200
    assert reader.post("", wanted(bot)).status_code == 403
    assert reader.post(f"{lottery.public_id}/cancel/", {"reason": "x"}).status_code == 403
    assert other.get("").status_code == 403
    assert Client().get(BASE).status_code == 401


def test_nothing_can_set_a_winner_or_a_weight(program: Program, bot: Bot) -> None:
    lottery = make_lottery(bot)
    Someone(bot).presses(Join(lottery.pk))
    for method in ("put", "patch", "delete"):
        for path in ("", "entries/", "result/"):
            call = getattr(program.client, method)
            answer = call(
                f"{BASE}{lottery.public_id}/{path}", {"weight": 9}, content_type="application/json"
            )
            assert answer.status_code == 405
    made = program.post("", wanted(bot, secret="0" * 64, winner=1, weight=5)).json()
    with scope(bot.tenant_id, transaction=False):
        assert Lottery.objects.get(public_id=made["id"]).secret != "0" * 64
        assert set(Entry.objects.values_list("weight", flat=True)) == {1}
        assert not Place.objects.exists()


def test_a_list_asks_for_all_prizes_at_once(
    program: Program, bot: Bot, django_assert_max_num_queries: Any
) -> None:
    for number in range(6):
        make_lottery(bot, title=f"Raffle {number}")
    with django_assert_max_num_queries(5):
        rows = program.get("").json()["results"]
    assert len(rows) == 6
    assert all(row["prizes"] for row in rows)
