"""The buttons under messages that this product sends by itself; bot/ answers them."""

from __future__ import annotations

from bots.buttons import Button


class Postpone(Button, prefix="tp"):
    """Puts a planned stop off by an hour; `times`: how often it had been, so twice is once."""

    plan: str
    times: int


class SkipCycle(Button, prefix="tk"):
    """Stops the server no more in this cycle."""

    plan: str


class StopNow(Button, prefix="tn"):
    """Asks whether a planned stop is to happen now."""

    plan: str


class StopNowSure(Button, prefix="ty"):
    """Brings a planned stop forward; `until` (Unix seconds) is when the question is too old."""

    plan: str
    until: int


class KeepPlan(Button, prefix="tm"):
    """Says no to stopping now."""

    plan: str


class Approve(Button, prefix="th"):
    """Lets a held stop happen."""

    plan: str


class ProtectPlanned(Button, prefix="tx"):
    """Protects the server of a planned stop."""

    plan: str


class PostponeAll(Button, prefix="ta"):
    """Puts every stop of a message off by an hour; `times`: how often they had been, in all."""

    bulletin: str
    times: int


class ShowPlan(Button, prefix="tl"):
    """Tells all about a planned stop, with its buttons."""

    plan: str


class ShowServer(Button, prefix="ts"):
    """Tells all about a server."""

    server: str


class ShowServers(Button, prefix="tv"):
    """Lists the servers, least left first."""

    page: int


class TurnServers(Button, prefix="tu"):
    """Turns the pages of the list of servers."""

    page: int


class Protect(Button, prefix="tz"):
    """Protects a server (`on` is 1), or lifts that (0)."""

    server: str
    on: int


class Pause(Button, prefix="tw"):
    """Lets the automatic stops of a server rest for some hours; 0: no longer."""

    server: str
    hours: int


class AskPower(Button, prefix="tq"):
    """Asks whether a server is to be stopped or started: `kind` is one of PowerAction.Kind."""

    server: str
    kind: str


class ConfirmPower(Button, prefix="to"):
    """Stops or starts what a question named."""

    request: str


class DropPower(Button, prefix="tr"):
    """Stops and starts nothing of what a question named."""

    request: str
