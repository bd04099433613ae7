"""What the forms of the control page do; each tells in a sentence what has changed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from emulators.ovh.assortment import plans_of
from emulators.ovh.faults import CHECKOUT, KINDS
from emulators.wsgi import HttpError

if TYPE_CHECKING:
    from emulators.ovh.emulator import OvhEmulator

Values = dict[str, str]
CELL = "at:"  # a field for one datacenter: `at:gra`


def act(emulator: "OvhEmulator", values: Values) -> str:
    """Do what a form says; raises HttpError 400, KeyError or ValueError."""
    handler = ACTS.get(values.get("do", ""))
    if handler is None:
        raise HttpError(400, "unknown form")
    return handler(emulator, values["host"], values)


def set_row(emulator: "OvhEmulator", host: str, values: Values) -> str:
    """One configuration in all its datacenters."""
    fqn = values["fqn"]
    cells = {name.removeprefix(CELL): values[name] for name in values if name.startswith(CELL)}
    (row,) = emulator.stock(host, fqn)
    before = {cell["datacenter"]: cell["availability"] for cell in row["datacenters"]}
    # a cell left as it is keeps its count of servers
    changed = {name: state for name, state in cells.items() if before.get(name) != state}
    for datacenter, state in changed.items():
        emulator.set_stock(host, fqn, datacenter, state)
    return f"{len(changed)} changed for {fqn}."


def set_plan(emulator: "OvhEmulator", host: str, values: Values) -> str:
    """All configurations in all datacenters."""
    plan, state = plans_of(host)[values["plan"]], values["state"]
    for datacenter in plan.datacenters:
        emulator.set_stock(host, plan.code, datacenter, state)
    return f"{plan.code} is {state} everywhere."


def sell_out(emulator: "OvhEmulator", host: str, _values: Values) -> str:
    """The end of all stock."""
    emulator.sell_out(host)
    return f"Everything is sold out on {host}."


def restock(emulator: "OvhEmulator", host: str, _values: Values) -> str:
    """A surprise."""
    cells = emulator.restock(host)
    return f"In stock now: {', '.join(f'{fqn} in {name}' for fqn, name in cells) or 'nothing new'}."


def arm(emulator: "OvhEmulator", host: str, values: Values) -> str:
    """A fault."""
    retry_after = values.get("retry_after")
    emulator.fault(
        values["kind"],
        host=host,
        path=values["path"],
        method="POST" if values["path"] == CHECKOUT else "",
        times=int(values.get("times") or 1),
        seconds=float(values.get("seconds") or 5),
        retry_after=int(retry_after) if retry_after else None,
    )
    return f"Armed: {KINDS[values['kind']]}."


def clear(emulator: "OvhEmulator", _host: str, _values: Values) -> str:
    """No more faults."""
    emulator.clear_faults()
    return "No faults any more."


def set_order(emulator: "OvhEmulator", host: str, values: Values) -> str:
    """The status of an order."""
    emulator.set_order(host, int(values["order"]), values["status"])
    return f"Order {values['order']} is {values['status']}."


def set_account(emulator: "OvhEmulator", host: str, values: Values) -> str:
    """The payment method of an account."""
    emulator.set_account(host, values["account"], method_status=values["method"])
    return f"Payment method of {values['account']}: {values['method'] or 'none'}."


ACTS: dict[str, Callable[["OvhEmulator", str, Values], str]] = {
    "row": set_row,
    "plan": set_plan,
    "sell-out": sell_out,
    "restock": restock,
    "fault": arm,
    "clear": clear,
    "order": set_order,
    "account": set_account,
}
