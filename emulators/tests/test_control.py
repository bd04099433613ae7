"""The control API over HTTP, faults included."""

import base64
import json
import threading
from typing import Any

import httpx
import pytest
from telegram.error import BadRequest, NetworkError, RetryAfter, TimedOut

from emulators.telegram.world import ALICE, DEMO_BOT_ID, DEMO_TOKEN, WANG
from emulators.tests.conftest import Hub
from emulators.tests.test_send import PNG, refusal, send


@pytest.fixture
def http(hub: Hub) -> Any:
    with httpx.Client(base_url=f"{hub.url}/telegram/control") as client:
        yield client


def post(http: httpx.Client, path: str, **values: Any) -> Any:
    answer = http.post(path, json=values)
    assert answer.is_success, answer.text
    return answer.json()


def test_bots(hub: Hub, http: httpx.Client) -> None:
    bots = http.get("/bots").json()["bots"]
    assert bots[0]["username"] == "harbor_demo_bot"
    assert bots[0]["webhook"] == {"url": "", "pending": 0, "last_error": ""}
    created = http.post("/bots", json={"name": "New", "username": "new_bot"})
    assert created.status_code == 201
    bot = created.json()
    assert hub.run(lambda b: b.get_me(), bot["token"]).first_name == "New"
    assert post(http, f"/bots/{bot['id']}/revoke")["token"] != bot["token"]
    assert http.post("/bots", json={"name": "X", "username": "new_bot"}).status_code == 409
    hub.run(lambda b: b.get_updates())
    assert http.get("/bots").json()["bots"][0]["polling"] is True


def test_people(http: httpx.Client) -> None:
    person = post(http, "/people", first_name="Bo", language_code="de", id=77)
    assert person == {
        "id": 77,
        "first_name": "Bo",
        "last_name": "",
        "username": "",
        "language_code": "de",
    }
    assert person in http.get("/people").json()["people"]
    assert http.post("/people", json={"first_name": "Bo", "id": 77}).status_code == 409


def test_a_conversation(hub: Hub, http: httpx.Client) -> None:
    person = post(http, "/people", first_name="Bo", language_code="de")
    place = {"bot_id": DEMO_BOT_ID, "chat_id": person["id"], "from_id": person["id"]}
    said = post(http, "/messages", **place, text="/go @someone")
    assert [e["type"] for e in said["entities"]] == ["bot_command", "mention"]
    picture = base64.b64encode(PNG).decode()
    post(http, "/messages", **place, text="look", photo=picture, reply_to=said["message_id"])
    started = post(http, "/start", bot_id=DEMO_BOT_ID, user_id=person["id"], payload="abc")
    assert started["text"] == "/start abc"
    answer = hub.run(send("hello", person["id"]))
    press = {"message_id": answer.message_id, "data": "x"}
    assert post(http, "/presses", **place, **press)["callback_query_id"]
    query = {"bot_id": DEMO_BOT_ID, "chat_id": person["id"]}
    shown = http.get("/messages", params=query).json()["messages"]
    assert [m.get("text") or m.get("caption") for m in shown] == [
        "/go @someone",
        "look",
        "/start abc",
        "hello",
    ]
    assert http.get(hub.url + shown[1]["photo_url"]).content == PNG
    newer = http.get("/messages", params={**query, "after": 3}).json()["messages"]
    assert [m["text"] for m in newer] == ["hello"]
    kinds = [u.callback_query or u.message for u in hub.run(lambda b: b.get_updates())]
    assert len(kinds) == 4


def test_chats(hub: Hub, http: httpx.Client) -> None:
    chat = post(
        http,
        "/chats",
        type="group",
        title="G",
        members=[ALICE, WANG],
        bots=[DEMO_BOT_ID],
        bot_status="administrator",
    )
    assert {"user_id": ALICE, "status": "creator"} in chat["members"]
    post(http, f"/chats/{chat['id']}/members", user_id=WANG, status="leave")
    moved = post(http, f"/chats/{chat['id']}/migrate")
    assert moved["type"] == "supergroup"
    assert {"user_id": WANG, "status": "left"} in moved["members"]
    assert moved in http.get("/chats").json()["chats"]


def test_errors(http: httpx.Client) -> None:
    assert http.get("/nothing").status_code == 404
    assert http.get("/start").status_code == 405
    assert http.post("/people", json={}).status_code == 400
    assert http.post("/people", content=b"[").status_code == 400
    missing = http.post(
        "/presses", json={"bot_id": 1, "chat_id": 1, "from_id": 1, "message_id": 1, "data": ""}
    )
    assert missing.status_code == 404
    assert "no bot" in missing.json()["error"]


def test_calls_commands_limits_reset(hub: Hub, http: httpx.Client) -> None:
    refusal(hub, BadRequest, send("x", 5))
    (call,) = http.get("/calls", params={"bot_id": DEMO_BOT_ID, "method": "sendMessage"}).json()[
        "calls"
    ]
    assert call["params"] == {"chat_id": "5", "text": "x"}
    assert call["answer"]["error_code"] == 400
    hub.run(lambda b: b.set_my_commands([("go", "Go")]))
    query = {"bot_id": DEMO_BOT_ID, "chat_id": ALICE}
    assert http.get("/commands", params=query).json()["commands"][0]["command"] == "go"
    post(http, "/limits", enforced=False)
    assert hub.emulator.state.limits.enforced is False
    assert http.get("/deliveries").json() == {"deliveries": []}
    post(http, "/reset")
    assert http.get("/calls").json() == {"calls": []}
    assert http.get("/commands", params=query).json() == {"commands": []}


def test_event_stream(hub: Hub, http: httpx.Client) -> None:
    hub.emulator.start(DEMO_BOT_ID, ALICE)
    with http.stream("GET", "/events") as stream:
        lines = stream.iter_lines()
        assert next(line for line in lines if line.startswith("data"))
        talker = threading.Thread(target=hub.run, args=(send("live"),))
        talker.start()
        event = json.loads(next(line for line in lines if line.startswith("data"))[6:])
        talker.join()
    assert (event["kind"], event["message"]["text"]) == ("message", "live")
    polled = http.get("/events", params={"poll": 1, "after": 1}).json()
    assert [e["seq"] for e in polled["events"]] == [event["seq"]]


def test_status_fault(hub: Hub, http: httpx.Client) -> None:
    hub.emulator.start(DEMO_BOT_ID, ALICE)
    post(http, "/faults", kind="status", method="sendMessage", times=2, status=429, retry_after=7)
    assert hub.run(lambda b: b.get_me()).is_bot
    for _ in range(2):
        refusal(hub, RetryAfter, send("x"))
    hub.run(send("x"))
    post(http, "/faults", kind="status", bot_id=DEMO_BOT_ID, times=0, status=502)
    refusal(hub, NetworkError, send("x"))
    assert http.delete("/faults").is_success
    hub.run(send("x"))
    assert http.post("/faults", json={"kind": "magic"}).status_code == 400


def test_retry_after_header(hub: Hub) -> None:
    hub.emulator.fault("status", status=429, retry_after=3)
    answer = httpx.get(f"{hub.url}/bot{DEMO_TOKEN}/getme")
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "3")


@pytest.mark.parametrize(
    ("kind", "error", "sent"),
    [("drop", NetworkError, 0), ("lost_answer", NetworkError, 1), ("timeout", TimedOut, 0)],
)
def test_lost_calls(hub: Hub, kind: str, error: type[Exception], sent: int) -> None:
    hub.emulator.start(DEMO_BOT_ID, ALICE)
    hub.emulator.fault(kind, method="sendMessage")
    refusal(hub, error, send("x", read_timeout=0.05))
    assert len(hub.emulator.sent(ALICE)) == sent
    hub.run(send("x"))
    assert len(hub.emulator.sent(ALICE)) == sent + 1


def test_slow_fault(hub: Hub) -> None:
    hub.emulator.start(DEMO_BOT_ID, ALICE)
    hub.emulator.fault("slow", seconds=0.01)
    assert hub.run(send("x")).text == "x"


@pytest.mark.parametrize("how", ["params", "data", "json", "files"])
def test_ways_to_pass_parameters(hub: Hub, how: str) -> None:
    hub.emulator.start(DEMO_BOT_ID, ALICE)
    values: dict[str, Any] = {"chat_id": str(ALICE), "text": "<b>é</b>", "parse_mode": "HTML"}
    if how == "json":
        values["chat_id"] = ALICE
        values["reply_markup"] = {"inline_keyboard": [[{"text": "a", "callback_data": "b"}]]}
    if how == "files":
        values = {key: (None, value) for key, value in values.items()}
    method = "SENDMESSAGE" if how == "params" else "sendMessage"
    request: dict[str, Any] = {how: values}
    answer = httpx.post(f"{hub.url}/bot{DEMO_TOKEN}/{method}", **request).json()
    assert answer["ok"], answer
    assert answer["result"]["text"] == "é"


def test_wrong_paths(hub: Hub) -> None:
    for path in ("/", "/bot", f"/bot{DEMO_TOKEN}", f"/bot{DEMO_TOKEN}/", f"/bot{DEMO_TOKEN}/nope"):
        assert httpx.get(hub.url + path).status_code == 404
    assert httpx.get(f"{hub.url}/bot{'1' * 90}:a/getMe").status_code == 401
    assert httpx.get(f"{hub.url}/file/bot{DEMO_TOKEN}/nothing").status_code == 404
