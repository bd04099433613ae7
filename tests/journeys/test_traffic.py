"""Cloud servers that run out of traffic: told, postponed, stopped in time, started at the reset."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import httpx
import pytest

from emulators.feishu import DEMO_KEY
from emulators.telegram.world import ALICE, SPARE_BOT_ID, SPARE_TOKEN
from tests.journeys.clouds import (
    ACTION,
    API,
    SITE,
    Cloud,
    Portal,
    cloud,
    emulators,
    kill_worker,
)
from tests.journeys.giveaways import texts
from tests.journeys.stack import PASSWORD, running, wait_until

pytestmark = pytest.mark.journey
GUARD = {"auto_stop": True, "dry_run": "never", "threshold_percent": 5, "grace_minutes": 30}


def test_a_server_is_stopped_in_time_and_started_at_the_reset(
    home: Path, server_store: dict[str, str]
) -> None:
    with running(home, **server_store) as stack, emulators(stack) as web:
        mine = cloud(stack, web, "Tea house")
        mine.buy("web")
        mine.buy("db")
        with httpx.Client(base_url=stack.url, timeout=30, follow_redirects=True) as client:
            sign_in(mine, Portal(client))
        mine.api("PUT", f"{API}policy/", **GUARD)
        wait_until(lambda: mine.has_left(500, "web", "db"), what="both servers and what is left")

        mine.falls_low("web", "db")
        wait_until(lambda: "will be stopped" in chat(mine), what="the message in Telegram")
        told = mine.server("web")["addresses"] + mine.server("db")["addresses"]
        wait_until(lambda: all(one in mine.cards(DEMO_KEY) for one in told), what="the card")

        postpone(mine, "web")
        wait_until(lambda: "postponed" in chat(mine), what="the message that says so")
        mine.let_pass(31)
        wait_until(lambda: mine.power("db") != "ACTIVE", what="the stop that was not postponed")
        mine.settles("db", "SHUTOFF")
        wait_until(lambda: mine.done("stop") == {"db"}, what="the proof of it")
        assert (mine.power("db"), mine.power("web")) == ("SHUTOFF", "ACTIVE")
        assert mine.plans() == {"db": "executed", "web": "waiting"}
        wait_until(lambda: "confirmed" in chat(mine), what="the message that it was stopped")

        # the cycle ends: what we stopped is started, and what was to be stopped no longer is
        for name in ("web", "db"):
            mine.control("POST", "end-cycle", name=name)
        mine.let_pass(187, cycles=True)
        wait_until(lambda: mine.power("db") != "SHUTOFF", what="the start at the reset")
        mine.settles("db", "ACTIVE")
        wait_until(lambda: mine.done("start") == {"db"}, what="the proof of it")
        wait_until(lambda: mine.plans()["web"] == "dropped", what="the plan of another cycle")
        assert (mine.power("db"), mine.power("web"), mine.stops()) == ("ACTIVE", "ACTIVE", 1)


def test_a_worker_that_dies_in_the_grace_period_and_at_the_call_stops_once(
    home: Path, server_store: dict[str, str]
) -> None:
    with running(home, **server_store) as stack, emulators(stack) as web:
        mine = cloud(stack, web, "Game club")
        mine.buy("web")
        mine.api("PUT", f"{API}policy/", **GUARD)
        keys = {name: mine.keys[name] for name in ("site", "access_key", "secret_key")}
        mine.api("POST", f"{API}accounts/", name="Main", rights="guard", **keys)
        wait_until(lambda: mine.has_left(500, "web"), what="the server and what is left")
        mine.falls_low("web")

        kill_worker(stack)
        late = {"kind": "late_answer", "service": "ecs", "path": ACTION, "seconds": 30}
        mine.control("POST", "faults", **late)
        mine.let_pass(31)
        wait_until(lambda: mine.power("web") != "ACTIVE", what="the stop at the cloud")
        kill_worker(stack)
        (stop,) = mine.rows("actions/")
        assert stop["state"] == "sending"
        # nobody stops it again: when the dead worker's hold has ended, the server is looked at
        mine.settles("web", "SHUTOFF")
        mine.let_pass(5)
        wait_until(lambda: mine.done("stop") == {"web"}, what="the proof")
        assert (mine.stops(), len(mine.rows("actions/"))) == (1, 1)
        assert (mine.plans(), mine.power("web")) == ({"web": "executed"}, "SHUTOFF")


# --- The owner at the portal and in the chat


def sign_in(mine: Cloud, portal: Portal) -> None:
    """Log in, connect a bot, a Feishu group and one's own Telegram account, link the cloud."""
    home = f"/t/{mine.api.slug}/"
    owner = {"login": f"owner@{mine.api.slug}.example", "password": PASSWORD}
    portal.post("/accounts/login/", owner)
    bot = mine.api("POST", "/api/v1/bots/", token=SPARE_TOKEN, products=["traffic_guard"])
    mine.api("POST", f"/api/v1/bots/{bot['id']}/enable/")
    page = f"{home}bots/{bot['id']}/"
    shown = portal.post(f"{page}link/", {}, page=page)
    payload = re.search(r"start=([\w-]+)", shown)
    assert payload, shown
    alice = {"bot_id": SPARE_BOT_ID, "user_id": ALICE}
    mine.stack.control("POST", "start", payload=payload[1], **alice)
    group = {"name": "Ops", "target": DEMO_KEY, "events": ["traffic.stop_planned"]}
    said = portal.post(f"{home}channels/new/feishu/", group)
    assert "to see whether it works" in said, said
    keys: dict[str, Any] = {name: mine.keys[name] for name in ("access_key", "secret_key")}
    account = {"provider": "huawei", "site": SITE, "rights": "guard", "name": "Main", **keys}
    said = portal.post(f"{home}traffic/accounts/new/", account)
    assert "The keys are being tried now" in said, said


def chat(mine: Cloud) -> str:
    """Return all that the bot's private chat with Alice shows now."""
    return "\n".join(texts(mine.stack, SPARE_BOT_ID, ALICE))


def postpone(mine: Cloud, name: str) -> None:
    """Open one of the planned stops in the chat and postpone it by its button."""
    press(mine, "tl:", label=name)
    wait_until(lambda: key(mine, "tp:"), what="the buttons of one stop")
    press(mine, "tp:")


def press(mine: Cloud, prefix: str, label: str = "") -> None:
    """Press the newest button of a kind."""
    found = key(mine, prefix, label)
    assert found, chat(mine)
    where = {"bot_id": SPARE_BOT_ID, "chat_id": ALICE, "from_id": ALICE}
    mine.stack.control("POST", "presses", **where, **found)


def key(mine: Cloud, prefix: str, label: str = "") -> dict[str, Any] | None:
    """Return what pressing the newest button of a kind sends; None: there is none."""
    where = {"bot_id": SPARE_BOT_ID, "chat_id": ALICE}
    shown = mine.stack.control("GET", "messages", **where)["messages"]
    for message in reversed(shown):
        rows = (message.get("reply_markup") or {}).get("inline_keyboard", [])
        for one in (one for row in rows for one in row):
            data = str(one.get("callback_data", ""))
            if data.startswith(prefix) and label in one["text"]:
                return {"message_id": message["message_id"], "data": data}
    return None
