"""The control page: a person changes traffic, power and time, and arms faults."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

from emulators.huawei.faults import KINDS
from emulators.huawei.forms import act
from emulators.huawei.models import GIB, Account, Package, Server
from emulators.huawei.traffic import sent
from emulators.huawei.wire import SERVICES, utc
from emulators.markup import (
    button,
    choices,
    field,
    hidden,
    read_fields,
    redirect,
    refuse,
    send_page,
    send_style,
)
from emulators.wsgi import Environ, HttpError, Start

if TYPE_CHECKING:
    from emulators.huawei.emulator import HuaweiEmulator

UNITS = (("10", "GB"), ("11", "MB"), ("80", "GB of 1000 MB"), ("99", "a unit nobody knows"))
TRAITS = (
    ("is_locked", "locked"),
    ("is_frozen", "frozen"),
    ("ignores_soft", "ignores a soft stop"),
)


class ControlPage:
    """GET shows, POST acts and comes back."""

    def __init__(self, emulator: "HuaweiEmulator") -> None:
        self._emulator = emulator

    def serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """The page, its style sheet or one of its forms."""
        if path != "/":
            return send_style(start)
        if environ["REQUEST_METHOD"] == "POST":
            return self._post(environ, start)
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        accounts = self._emulator.state.accounts
        account = accounts.get(query.get("account", "") or next(iter(accounts)))
        if account is None:
            return refuse(start, 404, "There is no such account.")
        body = Body(self._emulator, account, query.get("note", "")).render()
        return send_page(start, environ, "Huawei Cloud emulator", body)

    def _post(self, environ: Environ, start: Start) -> Iterable[bytes]:
        try:
            values = read_fields(environ)
            note = act(self._emulator, values)
        except HttpError as error:
            return refuse(start, error.status, error.text)
        except (LookupError, ValueError) as error:
            return refuse(start, 400, f"This cannot be done: {error}")
        back = {"account": values.get("account", ""), "note": note}
        return redirect(start, f"{environ.get('SCRIPT_NAME', '')}/control/?{urlencode(back)}")


class Body:
    """The page of one account."""

    def __init__(self, emulator: "HuaweiEmulator", account: Account, note: str) -> None:
        self._emulator, self._account, self._note = emulator, account, note

    def render(self) -> str:
        """Everything."""
        here = {self._account.domain_id: " aria-current=page"}
        tabs = "".join(
            f'<a href="?account={one.domain_id}"{here.get(one.domain_id, "")}>'
            f"{escape(one.name)} ({one.site})</a>"
            for one in self._emulator.state.accounts.values()
        )
        told = f'<p class="note" role="status">{escape(self._note)}</p>' if self._note else ""
        with self._emulator.state.lock:
            self._emulator.state.settle()
            servers = self._servers()
        return (
            f"<header><h1>Huawei Cloud emulator</h1><nav>{tabs}</nav></header><main>{told}"
            f"{self._world()}{servers}{self._faults()}{self._keys()}</main>"
        )

    def _form(self, act: str, inner: str, style: str = "row", **more: object) -> str:
        """A form that acts and comes back here."""
        extra = hidden(do=act, account=self._account.domain_id, **more)
        return f'<form method="post" action="./">{extra}<div class="{style}">{inner}</div></form>'

    def _world(self) -> str:
        lag = f"{self._emulator.state.lag / 3600:g}"
        return (
            "<section><h2>Time</h2><div class='forms'>"
            + self._form("move", field("hours", "6", "Hours", "number") + button("Let pass"))
            + self._form("lag", field("hours", lag, "Hours that billing lags") + button("Set"))
            + self._form("reset", button("Back to the demo world", "danger"))
            + "</div></section>"
        )

    # -- servers ----------------------------------------------------------------------------

    def _servers(self) -> str:
        state = self._emulator.state
        owned = {one.server_id: one for one in state.packages.values() if one.server_id}
        cards = "".join(
            self._server(server, owned.get(server.id))
            for server in sorted(state.servers.values(), key=lambda one: one.name)
            if server.domain_id == self._account.domain_id and not server.is_deleted
        )
        shared = "".join(
            f"<li>{escape(one.region)}: {self._left(one)}</li>"
            for one in state.packages.values()
            if one.domain_id == self._account.domain_id and not one.server_id
        )
        more = f"<h3>Packages of a region</h3><ul>{shared}</ul>" if shared else ""
        return f"<section><h2>Servers</h2>{cards}{more}</section>"

    def _server(self, server: Server, package: Package | None) -> str:
        is_on = server.status == "ACTIVE"
        told = server.task or ("on" if is_on else "off")
        power = hidden(power="off" if is_on else "on") + button(
            "Switch off" if is_on else "Switch on", "plain"
        )
        rate = f"{server.rate * 3600 / GIB:.3g}"
        forms = (
            self._form("switch", power, server=server.id)
            + self._form(
                "rate", field("gigabytes", rate, "GB an hour") + button("Set"), server=server.id
            )
            + self._form(
                "use", field("gigabytes", "50", "GB at once") + button("Send"), server=server.id
            )
            + self._traits(server)
            + (self._package(server) if package else "")
        )
        left = f": {self._left(package)}" if package else ", pays by use"
        day = sent(server, self._emulator.state.now() - 86400, self._emulator.state.now()) / GIB
        return (
            f'<div class="card"><h3>{escape(server.name)} is {escape(told)}{left}</h3>'
            f'<p class="muted">{server.address}, {server.region}, <code>{server.id}</code>; '
            f"{day:.1f} GB in the last 24 hours</p><div class='forms'>{forms}</div></div>"
        )

    def _left(self, package: Package) -> str:
        left = self._emulator.remaining(package.id)
        end = self._emulator.cycle(package.id)[1]
        return f"{left / GIB:.2f} of {package.total / GIB:g} GB left until {utc(end)}"

    def _traits(self, server: Server) -> str:
        boxes = "".join(
            f'<label><span>{label}</span><input type="checkbox" name="{name}"'
            f"{' checked' if getattr(server, name) else ''}></label>"
            for name, label in TRAITS
        )
        return self._form("traits", boxes + button("Set", "plain"), server=server.id)

    def _package(self, server: Server) -> str:
        left = f"{self._emulator.remaining(server.id) / GIB:.2f}"
        unit = str(self._emulator.package(server.id).measure_id)
        rows = (
            ("remaining", field("gigabytes", left, "GB left") + button("Set")),
            (
                "end-cycle",
                field("minutes", "5", "Cycle ends in minutes") + button("Set", "plain"),
            ),
            ("lose", field("polls", "2", "Polls without it") + button("Lose", "plain")),
            ("unit", choices("unit", UNITS, unit, "Counted in") + button("Set", "plain")),
            ("renew", button("Renew under another id", "plain")),
        )
        return "".join(self._form(name, inner, server=server.id) for name, inner in rows)

    # -- the rest ---------------------------------------------------------------------------

    def _faults(self) -> str:
        armed = "".join(
            f"<li>{escape(fault.kind)}: {escape(KINDS[fault.kind])}; "
            f"{escape(fault.service or 'every service')}, {fault.times or 'unlimited'} times</li>"
            for fault in self._emulator.faults.armed()
        )
        kinds = [(kind, f"{kind}: {text}") for kind, text in KINDS.items()]
        services = [("", "every service"), *((name, name) for name in SERVICES)]
        new = (
            choices("kind", kinds, label="What goes wrong")
            + choices("service", services, label="Where")
            + field("times", "1", "How often (0: always)", "number")
            + field("seconds", "5", "Seconds, for slow and timeout", "number")
            + field("retry_after", "", "Retry-After, for throttled", "number")
            + button("Arm")
        )
        clear = self._form("clear", button("Clear all faults", "plain")) if armed else ""
        return (
            f"<section><h2>Faults</h2>{self._form('fault', new, 'cells')}"
            f"<ul>{armed}</ul>{clear}</section>"
        )

    def _keys(self) -> str:
        rows = "".join(
            f"<li><code>{escape(user.access_key)}</code> / <code>{escape(user.secret_key)}</code>: "
            f"{escape(', '.join(user.actions))}</li>"
            for user in self._emulator.state.users.values()
            if user.domain_id == self._account.domain_id
        )
        return f"<section><h2>Access keys</h2><ul>{rows}</ul></section>"
