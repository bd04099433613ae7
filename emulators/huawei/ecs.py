"""ECS: servers and what can be done with them."""

from typing import Any

from emulators.huawei.jobs import begin
from emulators.huawei.models import Server
from emulators.huawei.state import State
from emulators.huawei.wire import ApiError, Call, bad, number, utc
from emulators.wsgi import Json

MOST_IDS = 100
ACTIONS = {"os-stop": "stop", "os-start": "start", "reboot": "reboot"}
VM_STATES = {"ACTIVE": "active", "SHUTOFF": "stopped"}
FREEZE = "freeze"


def check_place(call: Call) -> None:
    """Raise ApiError unless the project is the account's own, in the region of the address."""
    for region, project_id in call.owner.projects.items():
        if project_id == call.ids[0] and call.place in ("", region):
            return
    raise ApiError(403, "APIGW.0302", "the project does not belong to this account and region")


def servers_of(state: State, call: Call) -> list[Server]:
    """The servers of the call's project, in the order of their ids."""
    found = (one for one in state.servers_in(call.ids[0]) if not one.is_deleted)
    return sorted(found, key=lambda one: one.id)


def list_servers(state: State, call: Call) -> Json:
    """GET /v1/*/cloudservers/detail."""
    check_place(call)
    query = call.query
    if "server_id" in query:
        return _by_id(state, call, query["server_id"].split(","))
    limit = number("ecs", query, "limit", 25, (0, 1000))
    page = max(number("ecs", query, "offset", 1, (0, 10**6)), 1)
    servers = [one for one in servers_of(state, call) if _fits(one, query)]
    if "marker" in query:
        rows = [one for one in servers if one.id > query["marker"]][:limit]
    else:
        rows = servers[(page - 1) * limit : page * limit]
    return {"count": len(servers), "servers": [_row(state, one) for one in rows]}


def _by_id(state: State, call: Call, ids: list[str]) -> Json:
    if len(ids) > MOST_IDS:
        raise bad("ecs", f"server_id names more than {MOST_IDS} servers")
    known = {server.id: server for server in servers_of(state, call)}
    limit = number("ecs", call.query, "limit", 25, (0, 1000))
    rows = [_row(state, known[name]) if name in known else _unknown(name) for name in ids]
    return {"count": len(rows), "servers": rows[:limit]}


def _unknown(name: str) -> Json:
    return {"id": name, "fault": {"code": 404, "message": "Instance could not be found"}}


def _fits(server: Server, query: dict[str, str]) -> bool:
    return (
        query.get("status", "") in ("", server.status)
        and query.get("name", "") in server.name
        and query.get("ip_eq", server.address) == server.address
    )


def show_server(state: State, call: Call) -> Json:
    """GET /v1/*/cloudservers/*."""
    check_place(call)
    for server in servers_of(state, call):
        if server.id == call.ids[1]:
            return {"server": _row(state, server)}
    raise ApiError(404, "Ecs.0614", "The server does not exist.")


def _row(state: State, server: Server) -> Json:
    return {
        "id": server.id,
        "name": server.name,
        "updated": utc(state.told(server.changed)),
        "status": server.status,
        "OS-EXT-STS:vm_state": VM_STATES.get(server.status, "active"),
        "OS-EXT-STS:task_state": server.task or None,
        "OS-EXT-STS:power_state": 1 if server.status == "ACTIVE" else 4,
        "addresses": {
            f"vpc-{server.project_id[:8]}": [
                {"addr": "192.168.0.10", "version": "4", "OS-EXT-IPS:type": "fixed"},
                {"addr": server.address, "version": "4", "OS-EXT-IPS:type": "floating"},
            ]
        },
        "metadata": {
            "charging_mode": server.charging,
            "EcmResStatus": FREEZE if server.is_frozen else "normal",
        },
        "locked": server.is_locked,
        "tags": server.tags,
        "sys_tags": [{"key": "_sys_enterprise_project_id", "value": "0"}],
        "enterprise_project_id": "0",
        "fault": None,
    }


def action_of(call: Call) -> str:
    """The right that an action asks for."""
    body = call.body()
    named = [action for key, action in ACTIONS.items() if key in body]
    if len(named) != 1 or len(body) != 1:
        raise bad("ecs", "exactly one action must be named")
    return f"ecs:cloudServers:{named[0]}"


def act(state: State, call: Call) -> Json:
    """POST /v1/*/cloudservers/action: begin a job."""
    check_place(call)
    ((key, option),) = call.body().items()
    ids = _ids(option)
    kind = str(option.get("type", "SOFT"))
    if key != "os-start" and kind not in ("SOFT", "HARD"):
        raise bad("ecs", "type must be SOFT or HARD")
    known = {server.id: server for server in servers_of(state, call)}
    refusals = [_refusal(call, known.get(name), key, kind) for name in ids]
    if refused := next(filter(None, refusals), None):
        one_of_many = len(ids) > 1 and refused.code in ("Ecs.0100", "Ecs.0603", "Ecs.0605")
        raise ApiError(400, "Ecs.0611", "Some servers failed.") if one_of_many else refused
    servers = [known[name] for name in ids]
    return {"job_id": begin(state, call, ACTIONS[key], servers, is_hard=kind == "HARD").id}


def _ids(option: Any) -> list[str]:
    rows = option.get("servers") if isinstance(option, dict) else None
    if not isinstance(rows, list) or not 1 <= len(rows) <= 1000:
        raise bad("ecs", "servers must name between 1 and 1000 servers")
    return [str(row.get("id")) if isinstance(row, dict) else "" for row in rows]


def _refusal(call: Call, server: Server | None, key: str, kind: str) -> ApiError | None:
    """Why this cannot be done now, or None."""
    if server is None:
        return ApiError(404, "Ecs.0614", "The server does not exist.")
    if call.owner.is_frozen or server.is_frozen:
        return ApiError(403, "Ecs.0110", "The account is frozen or its balance is insufficient.")
    if server.is_locked:
        return ApiError(400, "Ecs.0605", "The server is locked.")
    is_forced = key == "os-stop" and kind == "HARD" and server.task == "powering-off"
    if server.task and not is_forced:
        return ApiError(501, "Ecs.0603", "Another command is being executed on the server.")
    wanted = "SHUTOFF" if key == "os-start" else "ACTIVE"
    if server.status != wanted:
        return ApiError(400, "Ecs.0100", f"Cannot do this while the server is {server.status}.")
    return None
