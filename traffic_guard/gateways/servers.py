"""What a cloud says of servers, of jobs on them and of their public addresses."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Literal

from traffic_guard.gateways.accounts import Charging

JobState = Literal["running", "done", "failed"]
# hours in order: (start of the hour, bytes sent out); an hour without a figure is absent
Hours = tuple[tuple[datetime, int], ...]


class Power(StrEnum):
    """Whether a server runs."""

    RUNNING = "running"
    STOPPING = "stopping"
    STOPPED = "stopped"
    STARTING = "starting"
    REBOOTING = "rebooting"
    GONE = "gone"  # the cloud does not know it any more
    OTHER = "other"  # being built, resized, in error...: never act on it


@dataclass(frozen=True, slots=True)
class LiveServer:
    """A server as it is now; `raw_status` and `task_state` are the cloud's own words.

    `changed_at` is when it was started, stopped, or otherwise changed last; None: unknown.
    """

    server_id: str
    name: str
    power: Power
    raw_status: str
    task_state: str
    addresses: tuple[str, ...]
    charging: Charging
    is_locked: bool
    is_frozen: bool
    tags: dict[str, str] = field(default_factory=dict)
    changed_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ServerResult:
    """What a job did with one server."""

    state: JobState
    code: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Job:
    """How far a stop, start or reboot is; `servers` by server id. "done" proves no power state."""

    id: str
    state: JobState
    code: str = ""
    reason: str = ""
    servers: dict[str, ServerResult] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Eip:
    """A public address; `server_id` "" where none uses it."""

    eip_id: str
    address: str
    bandwidth_id: str
    server_id: str
