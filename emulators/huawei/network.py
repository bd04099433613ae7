"""VPC and CES: public addresses, and what they sent out, nearly live."""

from typing import Any

from emulators.huawei.ecs import check_place, servers_of
from emulators.huawei.models import Server
from emulators.huawei.state import State
from emulators.huawei.traffic import sent, was_on
from emulators.huawei.wire import ApiError, Call, bad, number
from emulators.wsgi import Json

PERIODS = {
    "1": 4 * 3600,
    "60": 4 * 3600,
    "300": 86400,
    "1200": 3 * 86400,
    "3600": 10 * 86400,
    "14400": 30 * 86400,
    "86400": 180 * 86400,
}
FILTERS = ("sum", "average", "min", "max", "variance")
METRICS = ("up_stream", "down_stream", "upstream_bandwidth", "downstream_bandwidth")
MOST_METRICS, MOST_POINTS = 500, 3000


def list_addresses(state: State, call: Call) -> Json:
    """GET /v3/*/eip/publicips."""
    check_place(call)
    query = call.query
    limit = number("vpc", query, "limit", 2000, (0, 2000))
    marker = query.get("marker", "")
    servers = sorted(servers_of(state, call), key=lambda server: server.eip_id)
    rows = [server for server in servers if server.eip_id > marker][:limit]
    return {"publicips": list(map(_address, rows)), "page_info": {}, "total_count": len(servers)}


def _address(server: Server) -> Json:
    return {
        "id": server.eip_id,
        "public_ip_address": server.address,
        "ip_version": 4,
        "status": "ACTIVE",
        "type": "EIP",
        "bandwidth": {
            "id": server.bandwidth_id,
            "name": f"{server.name}-bandwidth",
            "size": 100,
            "share_type": "PER",
            "charge_mode": "traffic",
        },
        "associate_instance_type": "PORT",
        "associate_instance_id": f"port-{server.id[:8]}",
        "vnic": {"device_id": server.id, "private_ip_address": "192.168.0.10"},
    }


def query_metrics(state: State, call: Call) -> Json:
    """POST /V1.0/*/batch-query-metric-data."""
    check_place(call)
    body = call.body()
    metrics, period = body.get("metrics"), str(body.get("period"))
    if not isinstance(metrics, list) or not 1 <= len(metrics) <= MOST_METRICS:
        raise bad("ces", f"metrics must name between 1 and {MOST_METRICS} metrics")
    if period not in PERIODS or body.get("filter") not in FILTERS:
        raise bad("ces", "period or filter is not one of the allowed values")
    start, end = _span(state, body, period)
    by_eip = {server.eip_id: server for server in servers_of(state, call)}
    rows = [_metric(state, by_eip, metric, int(period), (start, end)) for metric in metrics]
    if sum(len(row["datapoints"]) for row in rows) > MOST_POINTS:
        raise ApiError(400, "ces.0032", f"more than {MOST_POINTS} datapoints")
    return {"metrics": rows}


def _span(state: State, body: Json, period: str) -> tuple[float, float]:
    start, end = body.get("from"), body.get("to")
    if not (isinstance(start, int) and isinstance(end, int) and start < end):
        raise bad("ces", "from and to must be milliseconds, from before to")
    # longer requests are silently shortened
    begin = max(start / 1000, end / 1000 - PERIODS[period])
    length = max(int(period), 60)
    return begin // length * length + state.offset, end / 1000 + state.offset


def _metric(
    state: State,
    by_eip: dict[str, Server],
    metric: Any,
    period: int,
    span: tuple[float, float],
) -> Json:
    named = metric if isinstance(metric, dict) else {}
    dimensions = {row.get("name"): row.get("value") for row in named.get("dimensions") or ()}
    if named.get("namespace") != "SYS.VPC" or named.get("metric_name") not in METRICS:
        raise bad("ces", "an unknown namespace or metric")
    server = by_eip.get(str(dimensions.get("publicip_id")))
    # both dimensions must be named: one lies within the other
    is_known = server is not None and dimensions.get("bandwidth_id") == server.bandwidth_id
    counts = is_known and named["metric_name"] == "up_stream"
    points = _points(state, server, max(period, 60), span) if server and counts else []
    return {
        "namespace": "SYS.VPC",
        "metric_name": named["metric_name"],
        "dimensions": named["dimensions"],
        "unit": "byte",
        "datapoints": points,
    }


def _points(state: State, server: Server, step: int, span: tuple[float, float]) -> list[Json]:
    (at, end), now = span, state.now()
    points = []
    while at <= min(end, now):
        until = min(at + step, now)
        # a server that is off sends no figures, not zeros
        if was_on(server, at, until):
            size = float(sent(server, at, until))
            points.append({"sum": size, "timestamp": round(state.told(at) * 1000)})
        at += step
    return points
