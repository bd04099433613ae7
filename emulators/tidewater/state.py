"""What the small cloud knows: accounts, servers, and how much they have sent."""

import threading
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from emulators.clock import Clock
from emulators.storage import Store

ACCOUNT, TOKEN = "harbor-tide-01", "tw_demo_token_for_emulators_000001"
REGIONS = ("tide-north", "tide-south")
GB = 1000**3
HOUR = 3600.0
# name, region, GB a month, GB sent before today, GB an hour
SERVERS = (
    ("lagoon-1", "tide-north", 2000, 1910, 3.0),
    ("lagoon-2", "tide-north", 2000, 240, 0.5),
    ("reef-1", "tide-south", 500, 120, 0.25),
)


@dataclass(slots=True)
class Server:
    """A server with its own transfer. `log`: [since when, bytes a second], 0 while it is off."""

    id: str
    name: str
    region: str
    address: str
    limit: int
    sent_before: int
    rate: float
    log: list[list[float]] = field(default_factory=list)
    state: str = "on"
    due: float = 0.0  # until when it is stopping, starting or rebooting
    then: str = ""


@dataclass(slots=True)
class Operation:
    """A power action on some servers."""

    id: str
    servers: list[str]
    due: float
    fails: bool = False


class State:
    """Hold `lock` while reading or writing anything here."""

    def __init__(self, data_dir: Path | None, clock: Clock) -> None:
        self.clock = clock
        self.lock = threading.RLock()
        self.store = Store(data_dir / "tidewater.sqlite3" if data_dir else None, self.lock)
        self.servers = {key: Server(**row) for key, row in self.store.rows("servers")}
        self.operations = {key: Operation(**row) for key, row in self.store.rows("operations")}
        if not self.servers:
            self.populate()

    def populate(self) -> None:
        """The first world."""
        now = self.clock.time()
        self.servers, self.operations = {}, {}
        for number, (name, region, limit, before, hourly) in enumerate(SERVERS, 1):
            rate = hourly * GB / HOUR
            server = Server(
                f"tw-{number:04d}",
                name,
                region,
                f"198.51.100.{number}",
                limit * GB,
                before * GB,
                rate,
                [[now, rate]],
            )
            self.keep(server)

    def keep(self, server: Server) -> None:
        """Add or change a server."""
        self.servers[server.id] = server
        self.store.put("servers", server.id, server)

    def keep_operation(self, operation: Operation) -> None:
        """Add an operation."""
        self.operations[operation.id] = operation
        self.store.put("operations", operation.id, operation)

    def settle(self) -> None:
        """Finish what is due."""
        for server in self.servers.values():
            if server.then and server.due <= self.clock.time():
                server.state, server.then = server.then, ""
                server.log.append([server.due, server.rate if server.state == "on" else 0.0])
                self.keep(server)

    def sent(self, server: Server, start: float, end: float) -> int:
        """Bytes sent between two moments."""
        ends = [piece[0] for piece in server.log[1:]] + [end]
        total = 0.0
        for (since, rate), until in zip(server.log, ends, strict=True):
            total += rate * max(min(until, end) - max(since, start), 0.0)
        return round(total)


def month(at: float) -> tuple[datetime, datetime]:
    """The calendar month of a moment, in UTC: the cycle of every transfer."""
    start = datetime.fromtimestamp(at, UTC).replace(
        day=1, hour=0, minute=0, second=0, microsecond=0
    )
    return start, (start + timedelta(days=32)).replace(day=1)


def server_row(server: Server) -> dict[str, Any]:
    """A server as the API tells it."""
    return {
        "id": server.id,
        "name": server.name,
        "region": server.region,
        "state": server.state,
        "ipv4": server.address,
        "transfer": f"transfer-{server.id}",
    }
