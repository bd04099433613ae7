"""Huawei Cloud's identity service and resource list: regions, and plans with their packages."""

from __future__ import annotations

from typing import Any

from traffic_guard.gateways.accounts import Charging, FoundServer, Keys, Place, Project
from traffic_guard.gateways.answers import Call, unusable
from traffic_guard.gateways.endpoints import config_url, iam_url, is_region
from traffic_guard.gateways.parsing import objects, text, unpacked
from traffic_guard.gateways.wire import Wire

DOMAINS = Call("iam", "GET", "/v3/auth/domains")
PROJECTS = Call("iam", "GET", "/v3/projects", "iam:projects:listProjects")
RESOURCES = Call(
    "config", "GET", "/v1/resource-manager/domains/*/all-resources", "rms:resources:list"
)
FLEXUS = "hcss.l-instance"
PAGE = 200
MOST_PAGES = 500
# logical types of the parts of a plan
PACKAGE = "huaweicloudinternal_cbc_freeresource"  # a prefix
SERVER = "huaweicloudinternal_ecs_instance"
ADDRESS = "huaweicloudinternal_eip"
CHARGING: dict[str, Charging] = {"prepaid": "prepaid", "postpaid": "usage", "spot": "spot"}


class Accounts:
    """What an account has, as seen by IAM and Config."""

    def __init__(self, keys: Keys, wire: Wire) -> None:
        self._keys, self._wire = keys, wire
        self._domain_id = keys.domain_id

    def domain_id(self) -> str:
        """Return the account's own id."""
        if not self._domain_id:
            answer = self._wire.ask(DOMAINS, iam_url(self._keys.site))
            found = [text(domain.get("id")) for domain in objects(answer.get("domains"))]
            if len(found) != 1 or not found[0]:
                raise unusable(200, DOMAINS)
            self._domain_id = found[0]
        return self._domain_id

    def projects(self) -> tuple[Project, ...]:
        """Return each region's projects; one may have several."""
        answer = self._wire.ask(PROJECTS, iam_url(self._keys.site))
        if not isinstance(answer.get("projects"), list):
            raise unusable(200, PROJECTS)
        return tuple(
            Project(region, text(project.get("id")))
            for project in objects(answer["projects"])
            # a second project is named after its region: cn-north-4_name
            if is_region(region := text(project.get("name")).partition("_")[0])
            and text(project.get("id"))
            and project.get("enabled") is not False
        )

    def discover(self) -> tuple[FoundServer, ...]:
        """Return all Flexus L plans, page by page."""
        found: list[FoundServer] = []
        marker = ""
        for _ in range(MOST_PAGES):
            answer = self.page(marker)
            found += map(_plan, objects(answer["resources"]))
            info = answer.get("page_info")
            following = text(info.get("next_marker")) if isinstance(info, dict) else ""
            if not following or following == marker:
                break
            marker = following
        return tuple(found)

    def page(self, marker: str = "", limit: int = PAGE) -> dict[str, Any]:
        """Return one page of the resource list."""
        domain_id = self.domain_id()
        query = [("type", FLEXUS), ("limit", str(limit))]
        if marker:
            query.append(("marker", marker))
        answer = self._wire.ask(
            RESOURCES,
            config_url(self._keys.site),
            domain_id,
            query=query,
            headers={"X-Domain-Id": domain_id},
        )
        if not isinstance(answer.get("resources"), list):
            raise unusable(200, RESOURCES)
        return answer


def _plan(row: dict[str, Any]) -> FoundServer:
    properties = unpacked(row.get("properties"))
    properties = properties if isinstance(properties, dict) else {}
    metadata = unpacked(properties.get("metadata"))
    mode = text(metadata.get("charging_mode")) if isinstance(metadata, dict) else ""
    parts = list(objects(unpacked(properties.get("resources"))))
    addresses = (_address(part) for part in parts if _type(part) == ADDRESS)
    servers = [_id(part) for part in parts if _type(part) == SERVER]
    return FoundServer(
        kind="flexus",
        plan_id=text(row.get("id")),
        name=text(row.get("name")),
        place=Place(text(row.get("region_id")), text(row.get("project_id"))),
        server_id=next(iter(filter(None, servers)), ""),
        # a plan can hold several packages: all of them count
        package_ids=tuple(_id(part) for part in parts if _type(part).startswith(PACKAGE)),
        addresses=tuple(filter(None, addresses)),
        eip_ids=tuple(_id(part) for part in parts if _type(part) == ADDRESS),
        charging=CHARGING.get(mode.lower(), ""),
        is_deleted=text(row.get("state")) == "Deleted",
    )


def _type(part: dict[str, Any]) -> str:
    # `huaweicloudinternal_eip` or `huaweicloudinternal_eip_…`
    name = text(part.get("logical_resource_type"))
    return next((known for known in (SERVER, ADDRESS) if name.startswith(known)), name)


def _id(part: dict[str, Any]) -> str:
    return text(part.get("physical_resource_id"))


def _address(part: dict[str, Any]) -> str:
    for attribute in objects(unpacked(part.get("resource_attributes"))):
        if attribute.get("key") == "public_ip_address":
            return text(attribute.get("value"))
    return ""
