"""Which call does what, and which right it needs."""

import re
from collections.abc import Callable
from dataclasses import dataclass

from emulators.huawei import bss, directory, ecs, jobs, network, units
from emulators.huawei.state import State
from emulators.huawei.wire import ApiError, Call
from emulators.wsgi import Json

Handler = Callable[[State, Call], Json]


@dataclass(frozen=True, slots=True)
class Route:
    """A call; `action` "" needs no right."""

    service: str
    method: str
    path: str
    action: str
    handler: Handler

    def ids(self, path: str) -> list[str] | None:
        """What the stars stand for; None for another path."""
        pattern = re.escape(self.path).replace(r"\*", "([^/]+)")
        found = re.fullmatch(pattern, path)
        return list(found.groups()) if found else None


VIEW = "billing:resourcePackages:view"
ROUTES = (
    Route("iam", "GET", "/v3/auth/domains", "", directory.list_domains),
    Route("iam", "GET", "/v3/projects", "iam:projects:listProjects", directory.list_projects),
    Route(
        "config",
        "GET",
        "/v1/resource-manager/domains/*/all-resources",
        "rms:resources:list",
        directory.list_resources,
    ),
    Route(
        "bss",
        "POST",
        "/v2/payments/free-resources/usages/details/query",
        VIEW,
        bss.list_usages,
    ),
    Route("bss", "POST", "/v3/payments/free-resources/query", VIEW, bss.list_packages),
    Route(
        "bss",
        "GET",
        "/v2/bills/customer-bills/free-resources-usage-records",
        VIEW,
        bss.list_records,
    ),
    Route("bss", "GET", "/v2/bases/measurements", "", units.list_measures),
    Route("bss", "GET", "/v2/bases/conversions", "", units.list_conversions),
    Route(
        "ecs",
        "GET",
        "/v1/*/cloudservers/detail",
        "ecs:cloudServers:listServersDetails",
        ecs.list_servers,
    ),
    Route("ecs", "POST", "/v1/*/cloudservers/action", "by the body", ecs.act),
    Route("ecs", "GET", "/v1/*/cloudservers/*", "ecs:cloudServers:showServer", ecs.show_server),
    Route("ecs", "GET", "/v1/*/jobs/*", "", jobs.show_job),
    Route("vpc", "GET", "/v3/*/eip/publicips", "vpc:publicIps:list", network.list_addresses),
    Route(
        "ces",
        "POST",
        "/V1.0/*/batch-query-metric-data",
        "ces:metricData:list",
        network.query_metrics,
    ),
)


def find_route(call: Call) -> Route:
    """The route of a call, whose ids it gets; raises ApiError 404 or 405."""
    is_known = False
    for route in ROUTES:
        if route.service != call.service:
            continue
        ids = route.ids(call.path)
        if ids is None:
            continue
        if route.method == call.method:
            call.ids = ids
            return route
        is_known = True
    if is_known:
        raise ApiError(405, "APIGW.0106", "The method is not allowed")
    raise ApiError(404, "APIGW.0101", "The API does not exist or has not been published")
