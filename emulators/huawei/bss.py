"""BSS: what is left of packages, which there are, and what was booked on them."""

from datetime import date, datetime, timedelta
from typing import Any

from emulators.huawei import billing
from emulators.huawei.cycles import BEIJING
from emulators.huawei.models import GIB, Package
from emulators.huawei.state import State
from emulators.huawei.units import UNITS
from emulators.huawei.wire import Call, bad, number, utc
from emulators.wsgi import Json

MOST_IDS = 100
LONGEST_ID = 64
LONGEST_SPAN = 90
ONE_POLL = 5.0  # seconds
NAMES = {
    "en_US": ("Flexus L traffic package", "{} BGP data package", "Uplink traffic"),
    "zh_CN": ("Flexus L流量包", "{}BGP流量包", "上行流量"),
}
LINES = {
    "dynamic": {"en_US": "Dynamic", "zh_CN": "动态"},
    "static": {"en_US": "Static", "zh_CN": "静态"},
}


def list_usages(state: State, call: Call) -> Json:
    """POST /v2/payments/free-resources/usages/details/query."""
    ids = call.body().get("free_resource_ids")
    if not isinstance(ids, list) or not 1 <= len(ids) <= MOST_IDS:
        raise bad("bss", f"free_resource_ids must name between 1 and {MOST_IDS} packages")
    if not all(isinstance(name, str) and 0 < len(name.encode()) <= LONGEST_ID for name in ids):
        raise bad("bss", f"an id must have between 1 and {LONGEST_ID} bytes")
    found: dict[str, Json] = {}
    for name in ids:
        package = _find(state, call, name)
        if package is not None and not _is_lost(state, package):
            found[package.id] = _usage(state, call, package)
    return {"free_resources": list(found.values())}


def _is_lost(state: State, package: Package) -> bool:
    """Billing does not see it now. Who asks once more at once belongs to the same poll."""
    if abs(state.now() - package.lost_at) <= ONE_POLL:
        return True
    if not package.lost_polls:
        return False
    package.lost_polls -= 1
    package.lost_at = state.now()
    state.keep_package(package)
    return True


def _find(state: State, call: Call, name: str) -> Package | None:
    try:
        package = state.package(name)
    except KeyError:
        return None
    return package if package.domain_id == call.owner.domain_id else None


def _usage(state: State, call: Call, package: Package) -> Json:
    start, end = billing.current_cycle(state, package)
    name, usage = _names(call, package)
    row: Json = {
        "free_resource_id": package.id,
        "free_resource_type_name": name,
        "usage_type_name": usage,
        "start_time": utc(state.told(start)),
        "end_time": utc(state.told(end)),
        "amount": _number(package, billing.remaining(state, package)),
        "original_amount": _number(package, package.total),
        "measure_id": package.measure_id,
    }
    if package.server_id:
        row |= {"quota_reuse_cycle": 4, "quota_reuse_cycle_type": 2}
    return row


def _names(call: Call, package: Package) -> tuple[str, str]:
    """What a package is called, and its use."""
    language = call.header("X-Language")
    language = language if language in NAMES else "zh_CN"
    plan, shared, usage = NAMES[language]
    # one of a line that nobody heard of does not say which
    line = LINES.get(package.line, {}).get(language, "")
    return plan if package.server_id else shared.format(line).strip(), usage


def _number(package: Package, size: int) -> int | float:
    """An amount in the package's unit; whole ones come without a point."""
    unit = UNITS[package.measure_id].bytes if package.measure_id in UNITS else None
    value = round(size / (unit or GIB), 6)
    return int(value) if value == int(value) else value


def list_packages(state: State, call: Call) -> Json:
    """POST /v3/payments/free-resources/query: here amounts are text."""
    body = call.body()
    offset = number("bss", body, "offset", 0, (0, 10**6))
    limit = number("bss", body, "limit", 10, (1, 1000))
    rows = [
        _package_row(state, call, package) for package in state.packages_of(call.owner.domain_id)
    ]
    rows = [
        row
        for row in rows
        if body.get("region_code") in (None, row["region_code"])
        and body.get("status") in (None, row["status"])
    ]
    return {"total_count": len(rows), "free_resource_packages": rows[offset : offset + limit]}


def _package_row(state: State, call: Call, package: Package) -> Json:
    start, end = billing.current_cycle(state, package)
    name, usage = _names(call, package)
    left = billing.remaining(state, package)
    return {
        "order_instance_id": f"oi-{package.id}",
        "order_id": f"CS{package.id[-10:].upper()}",
        "product_id": "00301-297002-0--0",
        "product_name": name,
        "service_type_code": "hws.service.type.vpc",
        "service_type_name": "Virtual Private Cloud",
        "region_code": package.region,
        "effective_time": utc(state.told(start)),
        "expire_time": utc(state.told(end)),
        "status": _status(state, package, left),
        "source_type": 0,
        "bundle_type": "ATOMIC_PKG",
        "quota_reuse_mode": 1 if package.server_id else 2,
        "enterprise_project_id": "0",
        "enterprise_project_scope": 0,
        "free_resources": [
            {
                "free_resource_id": package.id,
                "usage_type_name": usage,
                "amount": str(_number(package, left)),
                "original_amount": str(_number(package, package.total)),
                "measure_id": package.measure_id,
            }
        ],
    }


def _status(state: State, package: Package, left: int) -> int:
    if package.is_unsubscribed:
        return 4
    if not package.server_id and not package.bought <= state.now() < package.expires:
        return 0 if state.now() < package.bought else 3
    return 1 if left else 2


def list_records(state: State, call: Call) -> Json:
    """GET /v2/bills/customer-bills/free-resources-usage-records."""
    query = call.query
    first, last = (_day(query, name) for name in ("deduct_time_begin", "deduct_time_end"))
    if not timedelta(0) <= last - first <= timedelta(days=LONGEST_SPAN):
        raise bad("bss", f"the time must be between 0 and {LONGEST_SPAN} days long")
    offset = number("bss", query, "offset", 0, (0, 10**6))
    limit = number("bss", query, "limit", 10, (1, 1000))
    start = _midnight(first) + state.offset
    end = _midnight(last + timedelta(days=1)) + state.offset
    package = _find(state, call, query.get("free_resource_id", ""))
    rows = [] if package is None else _kept_records(state, package, start, end)
    return {"total_count": len(rows), "free_resource_records": rows[offset : offset + limit]}


def _kept_records(state: State, package: Package, start: float, end: float) -> list[Json]:
    """The records, worked out once for all pages of a list."""
    users = billing.users_of(state, package)
    changes = sum(len(server.log) + len(server.bursts) for server in users)
    told = billing.billed_until(state)
    key = (package.id, package.measure_id, start, end, told, changes, *package.shift)
    if state.last_list[0] != key:
        state.last_list = (key, _records(state, package, start, end))
    return state.last_list[1]


def _records(state: State, package: Package, start: float, end: float) -> list[Json]:
    users = billing.users_of(state, package)
    return [
        {
            "free_resource_id": package.id,
            "product_id": "00301-297002-0--0",
            "resource_type_code": "hws.resource.type.bandwidth",
            "usage_type_code": "upflow",
            "deduct_time": utc(state.told(at)),
            "resource_id": users[int(index)].id,
            "resource_name": users[int(index)].name,
            "region_code": package.region,
            "available_amount": str(_number(package, int(left))),
            "used_amount": str(_number(package, int(size))),
            "remaining_amount": str(_number(package, int(left - size))),
            "measure_id": package.measure_id,
        }
        for at, index, left, size in billing.bookings(state, package, start, end)
    ]


def _day(query: dict[str, Any], name: str) -> date:
    try:
        return date.fromisoformat(query[name])
    except (KeyError, ValueError) as error:
        raise bad("bss", f"{name} must be a day, YYYY-MM-DD") from error


def _midnight(day: date) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=BEIJING).timestamp()
