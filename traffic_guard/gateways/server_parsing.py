"""Reads servers and jobs as Huawei Cloud's library hands them over; any field may be None."""

from __future__ import annotations

from typing import Any

from traffic_guard.gateways.accounts import Charging
from traffic_guard.gateways.errors import LONGEST_MESSAGE
from traffic_guard.gateways.parsing import moment, text
from traffic_guard.gateways.servers import Job, JobState, LiveServer, Power, ServerResult

CHARGING: dict[str, Charging] = {"0": "usage", "1": "prepaid", "2": "spot"}
JOB_STATES: dict[str, JobState] = {
    "INIT": "running",
    "RUNNING": "running",
    "SUCCESS": "done",
    "FAIL": "failed",
}
# the status changes only when a task is done, so the two together tell
POWERS = {
    ("ACTIVE", ""): Power.RUNNING,
    ("ACTIVE", "powering-off"): Power.STOPPING,
    ("SHUTOFF", ""): Power.STOPPED,
    ("SHUTOFF", "powering-on"): Power.STARTING,
    ("REBOOT", ""): Power.REBOOTING,
    ("HARD_REBOOT", ""): Power.REBOOTING,
    ("DELETED", ""): Power.GONE,
}


def power_of(status: str, task: str) -> Power:
    """Return the power state; OTHER for anything that nobody should act on."""
    if task.startswith("reboot") and status in ("ACTIVE", "REBOOT", "HARD_REBOOT"):
        return Power.REBOOTING
    return POWERS.get((status, task), Power.OTHER)


def live_server(row: Any) -> LiveServer:
    """Return a server; one with nothing but an id and a fault is gone."""
    status, task = text(row.status), text(row.os_ext_st_stask_state)
    metadata = row.metadata if isinstance(row.metadata, dict) else {}
    is_gone = not status and row.fault is not None
    return LiveServer(
        server_id=text(row.id),
        name=text(row.name),
        power=Power.GONE if is_gone else power_of(status, task),
        raw_status=status,
        task_state=task,
        addresses=_addresses(row.addresses),
        charging=CHARGING.get(text(metadata.get("charging_mode")), ""),
        is_locked=row.locked is True,
        is_frozen=text(metadata.get("EcmResStatus")).lower().startswith("freeze"),
        tags=_tags(row.tags),
        changed_at=moment(row.updated),
    )


def job(job_id: str, answer: Any) -> Job:
    """Return a job with what it did to each server."""
    entities = answer.entities
    parts = (entities.sub_jobs if entities is not None else None) or []
    servers = {_server_id(part): _result(part) for part in parts if _server_id(part)}
    if not servers and entities is not None and text(entities.server_id):
        servers = {text(entities.server_id): _result(answer)}
    result = _result(answer)
    return Job(job_id, result.state, result.code, result.reason, servers)


def _result(part: Any) -> ServerResult:
    # a state that we never heard of is no end: whoever waits gives up by the clock
    state = JOB_STATES.get(text(part.status).upper(), "running")
    reason = text(part.fail_reason)
    reason = "" if "<" in reason else reason[:LONGEST_MESSAGE]
    return ServerResult(state, text(part.error_code), reason)


def _server_id(part: Any) -> str:
    return text(part.entities.server_id) if part.entities is not None else ""


def _addresses(networks: Any) -> tuple[str, ...]:
    """Return the public addresses: only those count as traffic."""
    rows = networks.values() if isinstance(networks, dict) else ()
    return tuple(
        text(address.addr)
        for row in rows
        for address in row or ()
        if address.os_ext_ip_stype == "floating" and text(address.addr)
    )


def _tags(tags: Any) -> dict[str, str]:
    found: dict[str, str] = {}
    for tag in tags if isinstance(tags, list) else ():
        name, _, value = text(tag).partition("=")
        if name:
            found[name] = value
    return found
