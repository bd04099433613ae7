"""The control page: a person moves stock, arms faults and watches orders."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlencode

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
from emulators.ovh.assortment import plans_of
from emulators.ovh.faults import CHECKOUT, KINDS
from emulators.ovh.forms import act
from emulators.ovh.hosts import HOSTS
from emulators.ovh.lifecycle import STATUSES
from emulators.ovh.lineup import MODELS
from emulators.ovh.parts import describe
from emulators.ovh.plans import Plan
from emulators.ovh.routes import STOCK
from emulators.ovh.stock import OUT, is_orderable
from emulators.wsgi import Environ, HttpError, Json, Start

if TYPE_CHECKING:
    from emulators.ovh.emulator import OvhEmulator

OFFERED = ("1H-high", "1H-low", "24H", "72H", OUT, "comingSoon")
FOUND = 24  # plans shown for a search
LISTED = 20  # newest orders and carts shown
METHODS = (("VALID", "valid"), ("EXPIRED", "expired"), ("", "none"))
PATHS = (
    (CHECKOUT, "checkout"),
    (STOCK, "stock list"),
    ("/order/cart*", "carts"),
    ("/me*", "account and orders"),
    ("*", "everything"),
)
NAMED = {model.code for model in MODELS}


class ControlPage:
    """GET shows, POST acts and comes back."""

    def __init__(self, emulator: "OvhEmulator") -> None:
        self._emulator = emulator

    def serve(self, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """The page, its style sheet or one of its forms."""
        if path != "/":
            return send_style(start)
        if environ["REQUEST_METHOD"] == "POST":
            return self._post(environ, start)
        query = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        host = query.get("host", "eu")
        if host not in HOSTS:
            return refuse(start, 404, "There is no such host.")
        body = Body(self._emulator, host, query).render()
        return send_page(start, environ, "OVH emulator", body)

    def _post(self, environ: Environ, start: Start) -> Iterable[bytes]:
        try:
            values = read_fields(environ)
            note = act(self._emulator, values)
        except HttpError as error:
            return refuse(start, error.status, error.text)
        except (KeyError, ValueError) as error:
            return refuse(start, 400, f"This cannot be done: {error}")
        back = {key: values[key] for key in ("host", "plan", "q") if values.get(key)}
        target = f"{environ.get('SCRIPT_NAME', '')}/control/?{urlencode(back | {'note': note})}"
        return redirect(start, target)


class Body:
    """The page of one host."""

    def __init__(self, emulator: "OvhEmulator", host: str, query: dict[str, str]) -> None:
        self._emulator, self._host, self._query = emulator, host, query
        self._plan = plans_of(host).get(query.get("plan", ""))
        self._keep = {"host": host, "plan": query.get("plan", ""), "q": query.get("q", "")}

    def render(self) -> str:
        """Everything."""
        tabs = "".join(
            f'<a href="?host={name}"{" aria-current=page" if name == self._host else ""}>{name}</a>'
            for name in HOSTS
        )
        note = self._query.get("note", "")
        told = f'<p class="note" role="status">{escape(note)}</p>' if note else ""
        return (
            f"<header><h1>OVH emulator</h1><nav>{tabs}</nav></header><main>{told}"
            f"{self._stock()}{self._faults()}{self._orders()}{self._carts()}{self._accounts()}"
            "</main>"
        )

    def _form(self, act: str, inner: str, style: str = "row", **more: object) -> str:
        """A form that acts and comes back here."""
        extra = hidden(do=act, **(self._keep | more))
        return f'<form method="post" action="./">{extra}<div class="{style}">{inner}</div></form>'

    # -- stock ------------------------------------------------------------------------------

    def _stock(self) -> str:
        search = (
            f'<form method="get" action="./" class="row">{hidden(host=self._host)}'
            f"{field('q', self._keep['q'], 'Plan code or name', 'search')}{button('Search')}</form>"
        )
        quick = (
            f'<div class="row">{self._form("restock", button("Random restock"))}'
            f"{self._form('sell-out', button('Sold out everywhere', 'danger'))}</div>"
        )
        links = "".join(
            f'<li><a href="?{escape(urlencode(self._keep | {"plan": plan.code}))}"'
            f"{' aria-current=true' if plan is self._plan else ''}>"
            f"{escape(plan.name)} <code>{escape(plan.code)}</code></a></li>"
            for plan in self._find()
        )
        shown = self._configurations(self._plan) if self._plan else ""
        found = f'<ul class="plans">{links}</ul>' if links else "<p>No plan fits.</p>"
        return f"<section><h2>Stock</h2>{quick}{search}{found}{shown}</section>"

    def _find(self) -> list[Plan]:
        words = self._keep["q"].lower().split()
        plans = plans_of(self._host).values()
        fitting = (
            plan
            for plan in plans
            if (words or plan.product in NAMED)
            and all(word in f"{plan.code} {plan.label}".lower() for word in words)
        )
        return list(fitting)[:FOUND]

    def _configurations(self, plan: Plan) -> str:
        states = [(state, state) for state in OFFERED]
        every = choices("state", states, label="All configurations, all datacenters")
        rows = "".join(self._row(row) for row in self._emulator.stock(self._host, plan.code))
        return f"<h3>{escape(plan.label)}</h3>{self._form('plan', every + button('Set all'))}{rows}"

    def _row(self, row: Json) -> str:
        parts = [row["memory"], row["storage"], row.get("systemStorage")]
        title = ", ".join(describe(part) for part in parts if part)
        cells = "".join(
            f'<div class="{"on" if is_orderable(cell["availability"]) else "off"}">'
            + choices(
                f"at:{cell['datacenter']}",
                [(state, state) for state in dict.fromkeys((*OFFERED, cell["availability"]))],
                cell["availability"],
                cell["datacenter"],
            )
            + "</div>"
            for cell in row["datacenters"]
        )
        save = f'<div class="cells">{cells}</div>{button("Save")}'
        form = self._form("row", save, "", fqn=row["fqn"])
        return (
            f'<div class="card"><h3>{escape(title)}</h3><p class="muted">'
            f"<code>{escape(row['fqn'])}</code></p>{form}</div>"
        )

    # -- the rest ---------------------------------------------------------------------------

    def _faults(self) -> str:
        armed = "".join(
            f"<li>{escape(fault.kind)}: {escape(KINDS[fault.kind])}; "
            f"<code>{escape(fault.method or 'any')} {escape(fault.path)}</code> on "
            f"{escape(fault.host or 'all hosts')}, {fault.times or 'unlimited'} times</li>"
            for fault in self._emulator.faults.armed()
        )
        kinds = [(kind, f"{kind}: {text}") for kind, text in KINDS.items()]
        new = (
            choices("kind", kinds, label="What goes wrong")
            + choices("path", PATHS, label="Where")
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

    def _orders(self) -> str:
        orders = self._emulator.orders(self._host)[-LISTED:][::-1]
        cards = "".join(self._order(order) for order in orders) or "<p>No orders yet.</p>"
        return f"<section><h2>Orders</h2>{cards}</section>"

    def _order(self, order: Json) -> str:
        servers = ", ".join(
            f"{server['planCode']} in {server['configuration'].get('dedicated_datacenter', '?')}"
            for server in order["servers"]
        )
        states = [(status, status) for status in STATUSES]
        change = choices("status", states, order["status"], "Status") + button("Set", "plain")
        return (
            f'<div class="card"><h3>{order["orderId"]}: {escape(order["status"])}</h3>'
            f"<p>{escape(servers)}; {escape(order['withTax'])} with tax, "
            f"{escape(order['nichandle'])}</p>"
            f"{self._form('order', change, order=order['orderId'])}</div>"
        )

    def _carts(self) -> str:
        carts = self._emulator.carts(self._host)[-LISTED:][::-1]
        rows = "".join(
            f"<li><code>{escape(cart['cartId'])}</code> {escape(cart['description'])}: "
            f"{len(cart['items'])} items, {escape(cart['owner'] or 'not assigned')}, "
            f"{'ordered' if cart['readOnly'] else 'until ' + escape(cart['expire'])}</li>"
            for cart in carts
        )
        return f"<section><h2>Carts</h2><ul>{rows or '<li>None.</li>'}</ul></section>"

    def _accounts(self) -> str:
        rows = "".join(
            f'<div class="card"><h3>{escape(account.nichandle)} ({escape(account.subsidiary)})</h3>'
            + self._form(
                "account",
                choices("method", METHODS, account.method_status, "Payment method")
                + button("Set", "plain"),
                account=account.nichandle,
            )
            + "</div>"
            for account in self._emulator.accounts(self._host)
        )
        return f"<section><h2>Accounts</h2>{rows}</section>"
