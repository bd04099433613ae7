"""Pages a customer sees: making keys, accepting one, looking at an order and paying it."""

from collections.abc import Iterable
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl

from emulators.markup import (
    button,
    choices,
    hidden,
    read_fields,
    redirect,
    refuse,
    send_page,
    target_origin,
)
from emulators.ovh import acts, lifecycle
from emulators.ovh.applications import VALIDITIES, Applications
from emulators.ovh.hosts import Host
from emulators.ovh.models import Credential, Order
from emulators.ovh.money import show
from emulators.ovh.orders import market_of_order
from emulators.wsgi import Environ, HttpError, Start

if TYPE_CHECKING:
    from emulators.ovh.emulator import OvhEmulator

DISPLAY = "cgi-bin/order/display-order"


class Pages:
    """Everything below a host that is no API."""

    def __init__(self, emulator: "OvhEmulator") -> None:
        self._emulator = emulator
        self._state = emulator.state
        self._applications = Applications(emulator)

    def serve_index(self, environ: Environ, start: Start) -> Iterable[bytes]:
        """Only the control page has something to show here."""
        if environ["PATH_INFO"] not in ("", "/"):
            raise HttpError(404, "not found")
        return redirect(start, f"{environ.get('SCRIPT_NAME', '')}/control/")

    def serve(self, host: Host, path: str, environ: Environ, start: Start) -> Iterable[bytes]:
        """One page of a host."""
        values = dict(parse_qsl(environ.get("QUERY_STRING", "")))
        is_post = environ["REQUEST_METHOD"] == "POST"
        try:
            if is_post:
                values |= read_fields(environ)
            if path.rstrip("/") == "createApp":
                return self._applications.create_app(host, values, environ, start)
            if path.rstrip("/") == "createToken":
                return self._applications.create_token(host, values, environ, start)
            if path.rstrip("/") == "auth":
                act = self._decide if is_post else self._ask
                return act(host, values, environ, start)
            if path in (f"{DISPLAY}.cgi", f"{DISPLAY}.pdf"):
                return self._show_order(host, values, environ, start, is_post=is_post)
        except HttpError as error:
            return refuse(start, error.status, error.text)
        raise HttpError(404, "not found")

    # -- consumer keys ----------------------------------------------------------------------

    def _request(self, host: Host, values: dict[str, str]) -> Credential:
        credential = acts.find_request(self._state, values.get("credentialToken", ""))
        if credential.host != host.name:
            raise HttpError(404, "This request does not exist")
        return credential

    def _ask(
        self, host: Host, values: dict[str, str], environ: Environ, start: Start
    ) -> Iterable[bytes]:
        with self._state.lock:
            credential = self._request(host, values)
            name = self._state.applications[host.name, credential.application_key].name
            people = [a for a in self._state.accounts.values() if a.host == host.name]
        if credential.status != "pendingValidation":
            return send_page(start, environ, "Access request", describe_decision(credential))
        rules = "".join(
            f"<li><code>{escape(rule['method'])} {escape(rule['path'])}</code></li>"
            for rule in credential.rules
        )
        accounts = [(a.nichandle, f"{a.nichandle} ({a.subsidiary})") for a in people]
        body = (
            f"<section><h1>{escape(name)} asks for access</h1>"
            f"<p>It wants to make these calls in your name:</p><ul>{rules}</ul>"
            f'<form method="post">{hidden(credentialToken=credential.token)}<div class="row">'
            f"{choices('nichandle', accounts, label='Logged in as')}"
            f"{choices('validity', VALIDITIES, label='Validity')}</div><div class='row'>"
            f"{button('Accept', answer='accept')}{button('Refuse', 'danger', answer='refuse')}"
            "</div></form></section>"
        )
        target = target_origin(credential.redirection or "")
        return send_page(start, environ, "Access request", body, [target] if target else [])

    def _decide(
        self, host: Host, values: dict[str, str], environ: Environ, start: Start
    ) -> Iterable[bytes]:
        validity = values.get("validity", "")
        if validity and not validity.isdigit():
            raise HttpError(400, "bad validity")
        with self._state.lock:
            credential = self._request(host, values)
            target = acts.decide(
                self._state,
                credential.token,
                float(validity) if validity else None,
                values.get("nichandle", ""),
                allow=values.get("answer") == "accept",
            )
        if target:
            return redirect(start, target)
        return send_page(start, environ, "Access request", describe_decision(credential))

    # -- orders -----------------------------------------------------------------------------

    def _show_order(
        self,
        host: Host,
        values: dict[str, str],
        environ: Environ,
        start: Start,
        *,
        is_post: bool,
    ) -> Iterable[bytes]:
        number = values.get("orderId", "")
        with self._state.lock:
            order = self._state.orders.get(int(number) if number.isdigit() else 0)
            wanted = order is not None and order.password == values.get("orderPassword")
            if order is None or order.host != host.name or not wanted:
                raise HttpError(404, "This order does not exist")
            status = order.status(self._state.now())
            if is_post and status == "notPaid":
                account = self._state.accounts[f"{host.name}/{order.nichandle}"]
                lifecycle.settle(self._state, order, account)
                status = order.status(self._state.now())
            body = describe_order(order, status)
        return send_page(start, environ, f"Order {order.id}", body)


def describe_decision(credential: Credential) -> str:
    """What has become of a request."""
    return f"<section><h1>Done</h1><p>This request is {escape(credential.status)}.</p></section>"


def describe_order(order: Order, status: str) -> str:
    """Lines, sum and, while unpaid, a button."""
    market = market_of_order(order)
    lines = "".join(
        f"<li>{escape(line.description)} &times; {line.quantity}: "
        f"{escape(show(line.total, market)['text'])}</li>"
        for line in order.lines
    )
    total = show(order.without_tax + order.tax, market)["text"]
    pay = hidden(orderId=order.id, orderPassword=order.password) + button(f"Pay {total}")
    return (
        f"<section><h1>Order {order.id}</h1><p>Status: {escape(status)}</p><ul>{lines}</ul>"
        f"<p>Total with tax: {escape(total)}</p>"
        + (f'<form method="post">{pay}</form>' if status == "notPaid" else "")
        + "</section>"
    )
