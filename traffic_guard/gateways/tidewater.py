"""Tidewater Cloud: the demo's second cloud. All that a further cloud needs is such a file."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

import requests
from django.conf import settings
from django.utils.translation import gettext as _

from traffic_guard.gateways import wire
from traffic_guard.gateways.accounts import Finding, FoundServer, Keys, Place, Project
from traffic_guard.gateways.answers import Call, from_answer, load, unusable
from traffic_guard.gateways.cloud import Throttle
from traffic_guard.gateways.errors import Kind, Refused
from traffic_guard.gateways.parsing import amount, hour, moment, objects, text
from traffic_guard.gateways.quota import Deduction, SharedPackage, Unit, Usage, UsageAnswer
from traffic_guard.gateways.servers import (
    Eip,
    Hours,
    Job,
    JobState,
    LiveServer,
    Power,
    ServerResult,
)
from traffic_guard.gateways.signing import encoded, query_string
from traffic_guard.gateways.wire import Meter, session, unreachable

API = "tidewater"
ACCOUNT = Call(API, "GET", "/v1/account", "account:read")
SERVERS = Call(API, "GET", "/v1/servers", "servers:read")
TRANSFERS = Call(API, "GET", "/v1/transfers", "transfers:read")
TRAFFIC = Call(API, "GET", "/v1/servers/*/traffic", "servers:read")
OPERATE = Call(API, "POST", "/v1/operations", "servers:power", writes=True)
OPERATION = Call(API, "GET", "/v1/operations/*", "servers:read")
BYTE = Unit("byte", "B", 1)
POWERS = {
    "on": Power.RUNNING,
    "off": Power.STOPPED,
    "stopping": Power.STOPPING,
    "starting": Power.STARTING,
    "rebooting": Power.REBOOTING,
}
JOBS: dict[str, JobState] = {"working": "running", "ok": "done", "error": "failed"}


def connect(keys: Keys, throttle: Throttle | None = None) -> LiveTidewater:
    """Return an account; calls nobody yet."""
    return LiveTidewater(keys, throttle)


class LiveTidewater:
    """One account over HTTP: the access key is its name, the secret its token."""

    def __init__(self, keys: Keys, throttle: Throttle | None) -> None:
        self._keys, self._meter = keys, Meter(throttle)

    def __repr__(self) -> str:
        return f"<Tidewater account of {self._keys!r}>"

    @property
    def calls(self) -> Mapping[str, int]:
        return self._meter.calls

    # --- What there is

    def domain_id(self) -> str:
        return text(self._ask(ACCOUNT).get("id"))

    def projects(self) -> tuple[Project, ...]:
        regions = self._list(ACCOUNT, "regions")
        return tuple(Project(name, name) for name in map(text, regions) if name)

    def discover(self) -> tuple[FoundServer, ...]:
        return tuple(map(_found, objects(self._list(SERVERS, "servers"))))

    def usages(self, package_ids: Sequence[str]) -> UsageAnswer:
        rows = {text(row.get("id")): row for row in objects(self._list(TRANSFERS, "transfers"))}
        ids = tuple(dict.fromkeys(package_ids))
        usages = tuple(_usage(name, rows[name]) for name in ids if name in rows)
        return UsageAnswer(usages, tuple(name for name in ids if name not in rows))

    def shared_packages(self) -> tuple[SharedPackage, ...]:
        return ()  # each server has its own here

    def units(self) -> dict[str, Unit]:
        return self.known_units()

    def known_units(self) -> dict[str, Unit]:
        return {BYTE.unit_id: BYTE}

    def deductions(
        self,
        package_id: str,  # noqa: ARG002 - this cloud keeps no such list
        since: datetime,  # noqa: ARG002
        until: datetime,  # noqa: ARG002
    ) -> tuple[Deduction, ...]:
        return ()

    # --- Servers

    def servers(self, place: Place) -> tuple[LiveServer, ...]:
        rows = self._list(SERVERS, "servers", query={"region": place.region})
        return tuple(map(_live, objects(rows)))

    def states(self, place: Place, server_ids: Sequence[str]) -> dict[str, LiveServer]:
        wanted = set(server_ids)
        return {one.server_id: one for one in self.servers(place) if one.server_id in wanted}

    def stop(self, place: Place, server_ids: Sequence[str], *, hard: bool = False) -> str:
        return self._operate("stop", place, server_ids, hard=hard)

    def start(self, place: Place, server_ids: Sequence[str]) -> str:
        return self._operate("start", place, server_ids)

    def reboot(self, place: Place, server_ids: Sequence[str], *, hard: bool = False) -> str:
        return self._operate("reboot", place, server_ids, hard=hard)

    def _operate(
        self, action: str, place: Place, server_ids: Sequence[str], *, hard: bool = False
    ) -> str:
        body = {
            "action": action,
            "region": place.region,
            "servers": list(server_ids),
            "hard": hard,
        }
        operation = text(self._ask(OPERATE, body=body).get("operation"))
        if not operation:
            raise unusable(200, OPERATE)
        return operation

    def job(self, place: Place, job_id: str) -> Job:  # noqa: ARG002 - operations have no region
        answer = self._ask(OPERATION, job_id)
        rows = answer.get("servers")
        states = rows.items() if isinstance(rows, dict) else ()
        servers = {name: ServerResult(JOBS.get(text(told), "running")) for name, told in states}
        return Job(job_id, JOBS.get(text(answer.get("state")), "running"), servers=servers)

    # --- Traffic

    def addresses(self, place: Place) -> tuple[Eip, ...]:
        return tuple(
            Eip(server.server_id, address, "", server.server_id)
            for server in self.servers(place)
            for address in server.addresses
        )

    def outbound(
        self,
        place: Place,  # noqa: ARG002 - ids are enough
        eips: Sequence[Eip],
        since: datetime,
        until: datetime,
    ) -> dict[str, Hours]:
        span = {"since": since.isoformat(), "until": until.isoformat()}
        return {
            eip.eip_id: _hours(self._list(TRAFFIC, "hours", eip.server_id, query=span))
            for eip in eips
        }

    def check(self, place: Place | None = None) -> tuple[Finding, ...]:  # noqa: ARG002 - any place
        granted = _("Granted.")
        self._ask(ACCOUNT)  # tokens of this cloud may do everything, or nothing
        return tuple(
            Finding(API, call.action, is_granted=True, words=granted)
            for call in (ACCOUNT, SERVERS, TRANSFERS, OPERATE)
        )

    # --- HTTP

    def _list(
        self, call: Call, key: str, *ids: str, query: Mapping[str, str] | None = None
    ) -> list[Any]:
        answer = self._ask(call, *ids, query=query)
        rows = answer.get(key)
        if not isinstance(rows, list):
            raise unusable(200, call)
        return rows

    def _ask(
        self,
        call: Call,
        *ids: str,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> dict[str, Any]:
        self._meter.before(call)
        path = call.route
        for name in ids:
            path = path.replace("*", encoded(name), 1)
        suffix = f"?{query_string(query.items())}" if query else ""
        keys = self._keys
        try:
            response = session().request(
                call.method,
                f"{settings.TIDEWATER_API_URL}{path}{suffix}",
                headers={"Authorization": f"Bearer {keys.access_key}.{keys.secret_key}"},
                data=None if body is None else json.dumps(body),
                timeout=wire.LIMITS,
                allow_redirects=False,
                proxies=wire.proxies_for(settings.TIDEWATER_API_URL),
            )
        except requests.RequestException as error:
            raise unreachable(error, call) from None
        answer = load(response.content)
        if response.status_code == 200 and isinstance(answer, dict):
            return answer
        if response.status_code == 409:
            message = _("The server's state does not allow this.")
            raise Refused("409", message, kind=Kind.CONFLICT, api=API, action=call.action)
        if response.status_code == 200:
            raise unusable(200, call)
        raise from_answer(
            response.status_code, response.headers, response.content, call, keys.access_key
        )


def _found(row: dict[str, Any]) -> FoundServer:
    server_id, region = text(row.get("id")), text(row.get("region"))
    return FoundServer(
        kind="flexus",
        plan_id=server_id,
        name=text(row.get("name")),
        place=Place(region, region),
        server_id=server_id,
        package_ids=tuple(filter(None, [text(row.get("transfer"))])),
        addresses=tuple(filter(None, [text(row.get("ipv4"))])),
        eip_ids=(server_id,),
        charging="prepaid",
        is_deleted=False,
    )


def _usage(name: str, row: dict[str, Any]) -> Usage:
    used, total = amount(row.get("used_bytes")), amount(row.get("limit_bytes"))
    left = None if used is None or total is None else max(total - used, Decimal(0))
    return Usage(
        asked_id=name,
        package_id=name,
        name=name,
        usage_name="transfer",
        remaining=left,
        total=total,
        unit_id=BYTE.unit_id,
        cycle_start=moment(row.get("starts")),
        cycle_end=moment(row.get("ends")),
        is_resetting=True,
        line="any",
    )


def _live(row: dict[str, Any]) -> LiveServer:
    state = text(row.get("state"))
    return LiveServer(
        server_id=text(row.get("id")),
        name=text(row.get("name")),
        power=POWERS.get(state, Power.OTHER),
        raw_status=state,
        task_state="",
        addresses=tuple(filter(None, [text(row.get("ipv4"))])),
        charging="prepaid",
        is_locked=False,
        is_frozen=False,
    )


def _hours(rows: list[Any]) -> Hours:
    known = ((hour(row.get("hour")), amount(row.get("bytes"))) for row in objects(rows))
    return tuple((at, int(size)) for at, size in known if at is not None and size is not None)
