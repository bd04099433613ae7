"""What the forms of the control page do; each tells in a sentence what has changed."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from emulators.huawei.faults import KINDS
from emulators.wsgi import HttpError

if TYPE_CHECKING:
    from emulators.huawei.emulator import HuaweiEmulator

Values = dict[str, str]


def act(emulator: "HuaweiEmulator", values: Values) -> str:
    """Do what a form says; raises HttpError 400, KeyError or ValueError."""
    handler = ACTS.get(values.get("do", ""))
    if handler is None:
        raise HttpError(400, "unknown form")
    return handler(emulator, values)


def set_remaining(emulator: "HuaweiEmulator", values: Values) -> str:
    """What billing shows."""
    emulator.set_remaining(values["server"], float(values["gigabytes"]))
    return f"{values['gigabytes']} GB are left."


def set_rate(emulator: "HuaweiEmulator", values: Values) -> str:
    """How fast it goes."""
    name = emulator.server(values["server"]).name
    emulator.set_rate(values["server"], float(values["gigabytes"]))
    return f"{name} sends {values['gigabytes']} GB an hour from now on."


def use(emulator: "HuaweiEmulator", values: Values) -> str:
    """A burst."""
    name = emulator.server(values["server"]).name
    emulator.use(values["server"], float(values["gigabytes"]))
    return f"{name} has sent {values['gigabytes']} GB; billing counts them when the hour is over."


def switch(emulator: "HuaweiEmulator", values: Values) -> str:
    """The power button."""
    is_on = values["power"] == "on"
    emulator.switch(values["server"], is_on=is_on)
    name = emulator.server(values["server"]).name
    return f"{name} is {'on' if is_on else 'off'}, by its user."


def traits(emulator: "HuaweiEmulator", values: Values) -> str:
    """What makes a stop hard."""
    names = ("is_locked", "is_frozen", "ignores_soft")
    emulator.set_server(values["server"], **{name: name in values for name in names})
    return f"{emulator.server(values['server']).name} has changed."


def lose(emulator: "HuaweiEmulator", values: Values) -> str:
    """A package that billing forgets for a while."""
    emulator.lose(values["server"], int(values["polls"]))
    return f"Billing leaves it out of the next {values['polls']} polls."


def set_unit(emulator: "HuaweiEmulator", values: Values) -> str:
    """Another unit."""
    emulator.set_unit(values["server"], int(values["unit"]))
    return f"Billing counts it in unit {values['unit']}."


def renew(emulator: "HuaweiEmulator", values: Values) -> str:
    """A successor."""
    return f"Renewed: it is called {emulator.renew(values['server'])} now."


def end_cycle(emulator: "HuaweiEmulator", values: Values) -> str:
    """A reset."""
    emulator.end_cycle(values["server"], float(values["minutes"]) * 60)
    return f"Its cycle ends in {values['minutes']} minutes."


def move(emulator: "HuaweiEmulator", values: Values) -> str:
    """Time."""
    emulator.move(int(values["hours"]))
    return f"{values['hours']} hours have passed for servers and packages."


def set_lag(emulator: "HuaweiEmulator", values: Values) -> str:
    """How slow billing is."""
    emulator.set_lag(float(values["hours"]))
    return f"Billing counts an hour {values['hours']} hours after its end."


def arm(emulator: "HuaweiEmulator", values: Values) -> str:
    """A fault."""
    retry_after = values.get("retry_after")
    emulator.fault(
        values["kind"],
        service=values.get("service", ""),
        times=int(values.get("times") or 1),
        seconds=float(values.get("seconds") or 60),
        retry_after=int(retry_after) if retry_after else None,
    )
    return f"Armed: {KINDS[values['kind']]}."


def clear(emulator: "HuaweiEmulator", _values: Values) -> str:
    """No faults."""
    emulator.clear_faults()
    return "No faults are armed."


def reset(emulator: "HuaweiEmulator", _values: Values) -> str:
    """The first day."""
    emulator.reset()
    return "This is the demo world again."


ACTS: dict[str, Callable[["HuaweiEmulator", Values], str]] = {
    "remaining": set_remaining,
    "rate": set_rate,
    "use": use,
    "switch": switch,
    "traits": traits,
    "lose": lose,
    "unit": set_unit,
    "renew": renew,
    "end-cycle": end_cycle,
    "move": move,
    "lag": set_lag,
    "fault": arm,
    "clear": clear,
    "reset": reset,
}
