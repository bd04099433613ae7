"""A cloud that answers fast: Huawei Cloud's readings of any number of accounts, without signatures.

The emulator checks signatures and adds up each server's traffic, which is what a test wants; with
20,000 servers it would be the bottleneck of `benchmarks.traffic`. This one
makes answers of the wire's shape from the ids that are asked for: `f-3-7` is the package, `s-3-7`
the server and `e-3-7` the address of account 3's server 7.

`python -m benchmarks.traffic_cloud SERVERS` serves on a free port, which it prints.
"""

from __future__ import annotations

import sys
import threading
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import orjson

from emulators.httpd import Server
from emulators.wsgi import Environ, Start

TOTAL_GB = 1024
CYCLE = (datetime.now(UTC) - timedelta(days=10), datetime.now(UTC) + timedelta(days=20))
HOUR_MS = 3_600_000
SENT = 300 * 1024**2  # bytes an hour
FORM = "%Y-%m-%dT%H:%M:%SZ"
UNITS = (("10", "GB", 3), ("11", "MB", 3), ("12", "KB", 3), ("17", "GB", 7))


class Cloud:
    """The WSGI app; `servers` has each account."""

    def __init__(self, servers: int) -> None:
        self._servers = servers

    def app(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Answer one call."""
        path = str(environ["PATH_INFO"])
        body = orjson.loads(environ["wsgi.input"].read() or b"{}")
        query = {name: values[0] for name, values in parse_qs(environ["QUERY_STRING"]).items()}
        content = orjson.dumps(self._answer(path, query, body))
        start(
            "200 OK",
            [("Content-Type", "application/json"), ("Content-Length", str(len(content)))],
        )
        return [content]

    def _answer(self, path: str, query: dict[str, str], body: dict[str, Any]) -> Any:
        if path.endswith("/usages/details/query"):
            return {"free_resources": [_usage(one) for one in body["free_resource_ids"]]}
        if path.endswith("/measurements"):
            return {"measure_units": [_unit(*one) for one in UNITS]}
        if path.endswith("/conversions"):
            return {"conversions": []}
        if path.endswith("/cloudservers/detail"):
            ids = query["server_id"].split(",")
            return {"count": len(ids), "servers": [_server(one) for one in ids]}
        if path.endswith("/eip/publicips"):
            account = path.split("/")[-3].removeprefix("p-")
            return {"publicips": [_eip(f"{account}-{n}") for n in range(self._servers)]}
        return {"metrics": [_metric(one, body["from"], body["to"]) for one in body["metrics"]]}


def _usage(name: str) -> dict[str, Any]:
    start, end = CYCLE
    return {
        "free_resource_id": name,
        "free_resource_type_name": "Flexus L traffic package",
        "usage_type_name": "Uplink traffic",
        "start_time": start.strftime(FORM),
        "end_time": end.strftime(FORM),
        "amount": 512.25,
        "original_amount": TOTAL_GB,
        "measure_id": 10,
        "quota_reuse_cycle": 4,
        "quota_reuse_cycle_type": 2,
    }


def _unit(name: str, abbreviation: str, kind: int) -> dict[str, Any]:
    return {
        "measure_id": int(name),
        "measure_name": abbreviation,
        "abbreviation": abbreviation,
        "measure_type": kind,
    }


def _server(name: str) -> dict[str, Any]:
    return {
        "id": name,
        "name": name,
        "status": "ACTIVE",
        "addresses": {},
        "metadata": {"charging_mode": "1"},
        "tags": [],
        "OS-EXT-STS:vm_state": "active",
        "OS-EXT-STS:power_state": 1,
    }


def _eip(name: str) -> dict[str, Any]:
    return {
        "id": f"e-{name}",
        "public_ip_address": "203.0.113.9",
        "bandwidth": {"id": f"b-{name}"},
        "associate_instance_id": f"s-{name}",
        "vnic": {"device_id": f"s-{name}"},
    }


def _metric(asked: dict[str, Any], since: int, until: int) -> dict[str, Any]:
    first = since // HOUR_MS * HOUR_MS
    return {
        **asked,
        "unit": "byte",
        "datapoints": [{"timestamp": at, "sum": SENT} for at in range(first, until + 1, HOUR_MS)],
    }


if __name__ == "__main__":
    with Server(Cloud(int(sys.argv[1])).app) as server:
        print(server.url, flush=True)
        threading.Event().wait()
