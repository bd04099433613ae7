"""What journeys do with cloud servers: move their traffic and time, and look what became of them.

A month cannot be waited for. `Cloud.let_pass` has everything that the product stored happen so much
earlier, as if that time had passed since; the processes that run notice by themselves what is due.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import httpx

from config.tests.toy import ROOT
from tests.journeys.stack import Api, Stack, wait_until

# of the emulated cloud: a mainland account could not own servers in Hong Kong
SITE, REGION, TOTAL = "intl", "ap-southeast-1", 1000
API = "/api/v1/traffic/"
GB = 1024**3
ACTION = "/v1/*/cloudservers/action"
# What the cloud says of hours, cycles and changes of servers stays where the cloud has it.
HOURS, CHANGES = {"hour"}, {"changed_at", "server_changed_at"}
CYCLES = {"cycle_start", "cycle_end", "first_cycle_end", "skipped_cycle_end"}


@dataclass
class Cloud:
    """A tenant and its account at the emulated cloud."""

    stack: Stack
    api: Api
    web: httpx.Client  # the emulators' address
    keys: dict[str, str]

    # --- At the cloud

    def control(self, method: str, path: str, /, **body: Any) -> Any:
        """Act or look as somebody at the cloud."""
        if method == "GET":
            answer = self.web.get(f"/huawei/control/{path}", params=body)
        else:
            answer = self.web.request(method, f"/huawei/control/{path}", json=body)
        assert answer.is_success, answer.text
        return answer.json()

    def buy(self, name: str, *, left: float = 500) -> None:
        """Buy a server with a package whose cycle ends in two hours."""
        plan = {"domain_id": self.keys["domain_id"], "region": REGION, "name": name}
        self.control("POST", "plans", total_gb=TOTAL, left_gb=left, **plan)
        self.control("POST", "end-cycle", name=name, seconds=7200)

    def power(self, name: str) -> str:
        """Return what the cloud says of a server: its status, and the task that is under way."""
        rows = self.control("GET", "servers")["servers"]
        return next(f"{one['status']} {one['task']}" for one in rows if one["name"] == name).strip()

    def stops(self) -> int:
        """Return how many calls to stop something the cloud took."""
        calls = self.control("GET", "calls", service="ecs", path=ACTION, method="POST")["calls"]
        return sum("os-stop" in str(one["body"]) for one in calls)

    def cards(self, key: str) -> str:
        """Return all that a Feishu group was sent, as text."""
        answer = self.web.get("/feishu/control/messages", params={"key": key})
        return "\n".join(str(one["body"]) for one in answer.json()["messages"])

    # --- With us

    def rows(self, path: str, /, **query: str) -> list[Any]:
        """Return the first page of a list of the API."""
        found: list[Any] = self.api("GET", f"{API}{path}", **query)["results"]
        return found

    def server(self, name: str) -> dict[str, Any]:
        """Return a server as the API shows it, {} where it was not found yet."""
        return next((one for one in self.rows("servers/") if one["name"] == name), {})

    def has_left(self, gigabytes: float, *names: str) -> bool:
        """Tell whether so much is known to be left of servers."""
        wanted = gigabytes * GB
        return all(self.server(name).get("remaining_bytes") == wanted for name in names)

    def plans(self) -> dict[str, str]:
        """Return how the newest planned stop of each server stands."""
        return {one["server_name"]: one["state"] for one in reversed(self.rows("stops/"))}

    def done(self, kind: str) -> set[str]:
        """Return the servers of which a stop or start is confirmed."""
        return {one["server_name"] for one in self.rows("actions/", kind=kind, state="done")}

    def let_pass(self, minutes: float, *, cycles: bool = False) -> None:
        """Let time pass for what is stored; `cycles`: for the ends of stored cycles, too.

        No whole hours: readings of the past are one an hour, and none may move onto another.
        """
        command = [sys.executable, "-m", "tests.journeys.clouds", str(minutes), str(cycles)]
        # not ours: the tests' settings have written their own names into it
        env = {"PATH": os.environ["PATH"], "DJANGO_SETTINGS_MODULE": "config.settings"}
        subprocess.run(command, cwd=ROOT, env={**env, **self.stack.env}, check=True)

    def settles(self, name: str, status: str) -> None:
        """Have a stop or start that is under way at the cloud end, and its proof looked for."""
        # half a minute passes there: no more than two clocks may differ
        self.control("POST", "move", hours=0.01)
        wait_until(lambda: self.power(name) == status, what=f"{name} to be {status}")
        self.let_pass(1)

    def falls_low(self, *names: str, left: float = 20) -> None:
        """Let little be left, seen by two readings; wait for the stops that are planned."""
        for name in names:
            self.control("POST", "remaining", name=name, gigabytes=left)
        self.let_pass(20)
        wait_until(lambda: self.has_left(left, *names), what="the first reading below")
        self.let_pass(20)
        planned = dict.fromkeys(names, "waiting")
        wait_until(lambda: self.plans() == planned, what="the planned stops")


def cloud(stack: Stack, web: httpx.Client, name: str) -> Cloud:
    """Create a tenant, and a new account at the cloud."""
    api = stack.tenant(name, f"owner@{name.lower().replace(' ', '-')}.example")
    answer = web.post("/huawei/control/accounts", json={"site": SITE, "regions": [REGION]})
    assert answer.is_success, answer.text
    return Cloud(stack, api, web, answer.json())


def emulators(stack: Stack) -> httpx.Client:
    """Return a client of the emulators' common address."""
    address = stack.env["TELEGRAM_API_URL"].removesuffix("/telegram")
    return httpx.Client(base_url=address, timeout=30)


def kill_worker(stack: Stack) -> None:
    """End the worker as a power cut would; the supervisor starts another one."""
    for pid in stack.processes("\0worker\0"):
        with suppress(ProcessLookupError):
            if pid != stack.run.process.pid:
                os.kill(pid, signal.SIGKILL)


@dataclass
class Portal:
    """A member's browser at the portal, as far as forms need one."""

    client: httpx.Client

    def post(self, path: str, fields: dict[str, Any], page: str = "") -> str:
        """Fill in the form of a page and send it; return the page it leads to."""
        shown = self.client.get(page or path)
        token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown.text)
        assert token, shown.text
        headers = {"Referer": str(self.client.base_url)}
        data = {"csrfmiddlewaretoken": token[1], **fields}
        answer = self.client.post(path, data=data, headers=headers)
        assert answer.is_success, answer.text
        return answer.text


def _pass(minutes: float, *, cycles: bool) -> None:
    """Move every moment that the product stored into the past; runs beside the processes."""
    import django

    django.setup()
    from django.apps import apps
    from django.db import transaction
    from django.db.models import DateTimeField, F

    from tenants.scoping import unscoped

    with unscoped("time passes for all tenants"), transaction.atomic():
        for model in apps.get_app_config("traffic_guard").get_models():
            names = {one.name for one in model._meta.fields if isinstance(one, DateTimeField)}
            moved = names - HOURS - CHANGES - (set() if cycles else CYCLES)
            if moved:
                span = timedelta(minutes=minutes)
                model._default_manager.update(**{name: F(name) - span for name in moved})


if __name__ == "__main__":
    _pass(float(sys.argv[1]), cycles=sys.argv[2] == "True")
