"""Public routes: stock, catalogue, where a VPS can be ordered."""

from emulators.ovh.hosts import Market
from emulators.ovh.state import State
from emulators.ovh.stock import Snapshot
from emulators.ovh.wire import ApiError, Call
from emulators.wsgi import Json

STOCK_FILTERS = ("planCode", "server", "memory", "storage", "systemStorage", "gpu", "datacenters")


def market_of(call: Call, subsidiary: object) -> Market:
    """Money of a subsidiary; raises ApiError 400 when the host does not know it."""
    market = call.host.market(str(subsidiary))
    if market is None:
        raise ApiError(400, f"invalid ovhSubsidiary {subsidiary}")
    return market


def availabilities(state: State, call: Call) -> Snapshot | list[Json]:
    """GET /dedicated/server/datacenter/availabilities."""
    stock = state.stocks[call.host.name]
    if not any(call.query.get(name) for name in STOCK_FILTERS):
        return stock.snapshot()
    rows = stock.filtered(call.query)
    if not rows:
        raise ApiError(404, "No availabilities found for the given parameters")
    return rows


def catalogue(state: State, call: Call) -> Snapshot:
    """GET /order/catalog/public/eco."""
    subsidiary = call.query.get("ovhSubsidiary", "")
    market = market_of(call, subsidiary)
    return state.catalogues[call.host.name].snapshot(subsidiary, market, state.now())


def vps_datacenters(state: State, call: Call) -> list[Json]:
    """GET /vps/order/rule/datacenter."""
    market_of(call, call.query.get("ovhSubsidiary", ""))
    rows = state.vps.get(f"{call.host.name}/{call.query.get('planCode', '')}")
    if rows is None:
        raise ApiError(400, "Plan code not found")
    return rows
