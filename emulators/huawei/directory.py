"""IAM and Config: who somebody is, which regions and Flexus L plans there are."""

import orjson

from emulators.huawei.models import Package, Server
from emulators.huawei.state import State
from emulators.huawei.wire import Call, bad, number, utc
from emulators.wsgi import Json

FLEXUS = "hcss.l-instance"


def list_domains(_: State, call: Call) -> Json:
    """GET /v3/auth/domains."""
    owner = call.owner
    domain = {"id": owner.domain_id, "name": owner.name, "enabled": True, "description": ""}
    return {"domains": [domain], "links": {"self": "", "next": None, "previous": None}}


def list_projects(_: State, call: Call) -> Json:
    """GET /v3/projects: one for each region, and the one that object storage has."""
    owner = call.owner
    wanted = call.query.get("name", "")
    rows = [
        {
            "id": project_id,
            "name": region,
            "domain_id": owner.domain_id,
            "parent_id": owner.domain_id,
            "is_domain": False,
            "enabled": True,
            "description": "",
        }
        for region, project_id in {**owner.projects, "MOS": owner.domain_id[::-1]}.items()
        if wanted in ("", region)
    ]
    return {"projects": rows, "links": {"self": "", "next": None, "previous": None}}


def list_resources(state: State, call: Call) -> Json:
    """GET /v1/resource-manager/domains/*/all-resources."""
    query = call.query
    if query.get("type", FLEXUS) != FLEXUS:
        return {"resources": [], "page_info": {"current_count": 0, "next_marker": None}}
    limit = number("config", query, "limit", 100, (1, 200))
    marker = query.get("marker", "")
    if marker and not 4 <= len(marker) <= 400:
        raise bad("config", "marker must have between 4 and 400 characters")
    owner = call.owner
    plans = sorted(
        (
            server
            for project_id in owner.projects.values()
            for server in state.servers_in(project_id)
            if server.plan_id
            and owner.recorder_is_on
            and not server.is_unlisted
            and query.get("region_id", "") in ("", server.region)
            and server.plan_id > marker
        ),
        key=lambda server: server.plan_id,
    )
    page = plans[:limit]
    following = page[-1].plan_id if len(plans) > limit else None
    return {
        "resources": [_plan(state, server) for server in page],
        "page_info": {"current_count": len(page), "next_marker": following},
    }


def _plan(state: State, server: Server) -> Json:
    packages = state.packages_on(server.id)
    created = min((package.bought for package in packages), default=state.now())
    return {
        "id": server.plan_id,
        "name": server.name,
        "provider": "hcss",
        "type": "l-instance",
        "region_id": server.region,
        "project_id": server.project_id,
        "ep_id": "0",
        "created": utc(state.told(created)),
        "updated": utc(state.told(created)),
        "state": "Deleted" if server.is_deleted else "Normal",
        "tags": {},
        "properties": {
            "metadata": {
                "charging_mode": "prePaid",
                "order_id": f"CS{server.plan_id[:12].upper()}",
                "resource_spec_code": "hf.small.1.linux",
            },
            "resources": [_server(server), _address(server), *map(_package, packages)],
        },
    }


def _server(server: Server) -> Json:
    nics = orjson.dumps([{"ip_address": "192.168.0.10"}]).decode()
    return _part("huaweicloudinternal_ecs_instance", server.id, server.name, nics=nics)


def _address(server: Server) -> Json:
    return _part(
        "huaweicloudinternal_eip",
        server.eip_id,
        f"{server.name}-eip",
        public_ip_address=server.address,
    )


def _package(package: Package) -> Json:
    # a renewed package keeps its old id here until Config looks again
    name = package.listed_id or package.id
    return _part("huaweicloudinternal_cbc_freeresource", name, package.name)


def _part(kind: str, identity: str, name: str, **attributes: str) -> Json:
    return {
        "logical_resource_id": kind,
        "logical_resource_name": kind,
        "logical_resource_type": kind,
        "physical_resource_id": identity,
        "physical_resource_name": name,
        "resource_attributes": [{"key": key, "value": value} for key, value in attributes.items()],
    }
