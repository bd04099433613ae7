"""Routes below /me/order: what was ordered, how it goes, paying and withdrawing."""

from datetime import UTC, datetime
from urllib.parse import urlencode

from emulators.ovh.hosts import HOSTS, Market
from emulators.ovh.lifecycle import advance, settle
from emulators.ovh.models import DAY, Line, Order
from emulators.ovh.money import show
from emulators.ovh.state import State
from emulators.ovh.wire import ApiError, Call
from emulators.wsgi import Environ, Json, origin

RETRACTION_DAYS = 14
REASONS = ("competitor", "difficulty", "expensive", "other", "performance", "reliability", "unused")


def order_url(order: Order, environ: Environ) -> str:
    """Where a person pays; it holds the order's password."""
    base = f"{origin(environ)}{environ.get('SCRIPT_NAME', '')}/{order.host}"
    query = urlencode({"orderId": order.id, "orderPassword": order.password})
    return f"{base}/cgi-bin/order/display-order.cgi?{query}"


def market_of_order(order: Order) -> Market:
    """In which money it was sold."""
    return HOSTS[order.host].markets[order.subsidiary]


def find_order(state: State, call: Call) -> Order:
    """An order of the caller; raises ApiError 404."""
    order = state.orders.get(int(call.arguments[0]))
    owner = (call.host.name, call.buyer.nichandle)
    if order is None or (order.host, order.nichandle) != owner:
        raise ApiError(404, "This order does not exist")
    return order


def read_date(text: str | None, default: float) -> float:
    """A date of the query in Unix seconds; raises ApiError 400."""
    if not text:
        return default
    try:
        # a plus sign that was not escaped arrives as a space
        moment = datetime.fromisoformat(text.replace(" ", "+"))
    except ValueError as error:
        raise ApiError(400, f"Invalid date {text}") from error
    return moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()


def list_orders(state: State, call: Call) -> list[int]:
    """GET /me/order, between `date.from` and `date.to`."""
    start = read_date(call.query.get("date.from"), 0.0)
    end = read_date(call.query.get("date.to"), float("inf"))
    owner = (call.host.name, call.buyer.nichandle)
    return [
        order.id
        for order in state.orders.values()
        # dates of the API have whole seconds
        if (order.host, order.nichandle) == owner and start <= int(order.created) <= end
    ]


def read(state: State, call: Call) -> Json:
    """GET /me/order/{orderId}."""
    order = find_order(state, call)
    market, date = market_of_order(order), call.host.date
    is_open = order.status(state.now()) == "notPaid"
    end = withdrawal_end(order)
    url = order_url(order, call.environ)
    return {
        "orderId": order.id,
        "date": date(order.created),
        "expirationDate": date(order.created + DAY) if is_open else None,
        "retractionDate": None if end is None else date(end),
        "priceWithoutTax": show(order.without_tax, market),
        "priceWithTax": show(order.without_tax + order.tax, market),
        "tax": show(order.tax, market),
        "url": url,
        "pdfUrl": url.replace("display-order.cgi", "display-order.pdf"),
        "password": order.password,
        "metadatas": [],
    }


def withdrawal_end(order: Order) -> float | None:
    """Until when a paid order can be withdrawn."""
    if order.paid is None or order.waived:
        return None
    return order.paid + RETRACTION_DAYS * DAY


def status(state: State, call: Call) -> str:
    """GET /me/order/{orderId}/status."""
    return find_order(state, call).status(state.now())


# -- details --------------------------------------------------------------------------------


def detail_id(order: Order, at: int) -> int:
    """The number of a line."""
    return order.id * 1000 + at + 1


def find_line(state: State, call: Call) -> tuple[Order, Line, int]:
    """An order, a line of it and the line's number; raises ApiError 404."""
    order = find_order(state, call)
    number = int(call.arguments[1])
    at = number - detail_id(order, 0)
    if not 0 <= at < len(order.lines):
        raise ApiError(404, "This detail does not exist")
    return order, order.lines[at], number


def list_details(state: State, call: Call) -> list[int]:
    """GET /me/order/{orderId}/details."""
    order = find_order(state, call)
    return [detail_id(order, at) for at in range(len(order.lines))]


def read_detail(state: State, call: Call) -> Json:
    """GET .../details/{id}; `quantity` is text here."""
    order, line, number = find_line(state, call)
    market = market_of_order(order)
    row = {
        "orderDetailId": number,
        "description": line.description,
        "domain": domain(order, line, state.now()),
        "quantity": str(line.quantity),
        "unitPrice": show(line.unit, market),
        "totalPrice": show(line.total, market),
        "cancelled": order.status(state.now()) == "cancelled",
    }
    # the United States leave it out
    return row if order.host == "us" else {**row, "detailType": line.kind}


def domain(order: Order, line: Line, now: float) -> str:
    """The service name once delivered, but not in the United States; a placeholder before."""
    if order.host == "us":
        return "*"
    if order.status(now) == "delivered":
        return order.service_names[line.server]
    placeholder = f"*{line.server + 1:03d}"
    return f"{placeholder}.{line.option:03d}" if line.option else placeholder


def read_extension(state: State, call: Call) -> Json:
    """GET .../details/{id}/extension."""
    _, line, _ = find_line(state, call)
    return {
        "order": {
            "action": "installation" if line.kind == "INSTALLATION" else "renew",
            "configurations": [
                {"label": label, "value": value} for label, value in line.configuration
            ],
            "plan": {
                "code": line.plan_code,
                "duration": line.duration,
                "pricingMode": line.mode,
                "product": {"name": line.product},
                "quantity": line.quantity,
            },
        }
    }


def list_operations(state: State, call: Call) -> list[int]:
    """GET .../details/{id}/operations: one per server, in the United States only."""
    order, line, number = find_line(state, call)
    if order.host != "us":
        raise unknown_url()
    begun = order.status(state.now()) in ("delivering", "delivered")
    return [number * 10] if begun and not line.option and line.kind == "INSTALLATION" else []


def read_operation(state: State, call: Call) -> Json:
    """GET .../details/{id}/operations/{id}: the service name once delivered."""
    order, line, number = find_line(state, call)
    if order.host != "us":
        raise unknown_url()
    if int(call.arguments[2]) != number * 10:
        raise ApiError(404, "This operation does not exist")
    is_done = order.status(state.now()) == "delivered"
    return {
        "id": number * 10,
        "type": "installation",
        "quantity": line.quantity,
        "status": "done" if is_done else "doing",
        "resource": {
            "name": order.service_names[line.server] if is_done else "",
            "displayName": order.service_names[line.server] if is_done else "",
            "state": "ok" if is_done else "",
        },
    }


def unknown_url() -> ApiError:
    """A route this host does not have."""
    return ApiError(404, "Got an invalid (or empty) URL")


# -- progress -------------------------------------------------------------------------------

STEPS = {
    "VALIDATING": ("notPaid", "checking", "documentsRequested"),
    "VALIDATED": (),
    "DELIVERING": ("delivering",),
    "AVAILABLE": ("delivered",),
}
LABELS = {
    "notPaid": "ORDER_STARTED",
    "checking": "PAYMENT_CONFIRMED",
    "documentsRequested": "DOCUMENTS_REQUESTED",
    "delivering": "DELIVERY",
    "delivered": "SERVICES_AVAILABLE",
}


def follow_up(state: State, call: Call) -> list[Json]:
    """GET /me/order/{orderId}/followUp."""
    order = find_order(state, call)
    now = state.now()
    happened = [(at, name) for at, name in order.course if at <= now]
    failed = happened[-1][1] in ("cancelling", "cancelled")
    reached = max(
        (at for at, names in enumerate(STEPS.values()) if any(n in names for _, n in happened)),
        default=0,
    )
    last = len(STEPS) - 1
    rows = []
    for at, (step, names) in enumerate(STEPS.items()):
        history = [
            {"date": call.host.bare_date(moment), "label": LABELS[name], "description": ""}
            for moment, name in happened
            if name in names
        ]
        current = "ERROR" if failed else "DONE" if reached == last else "DOING"
        progress = "DONE" if at < reached else "TODO" if at > reached else current
        rows.append({"step": step, "status": progress, "history": history})
    return rows


# -- acting ---------------------------------------------------------------------------------


def pay(state: State, call: Call) -> None:
    """POST /me/order/{orderId}/pay with {"paymentMethod": {"id": ...}}."""
    order = find_order(state, call)
    method = call.need("paymentMethod")
    number = method.get("id") if isinstance(method, dict) else None
    account = call.buyer
    if not account.method_status or number != account.method_id:
        raise ApiError(404, "This payment method does not exist")
    if order.status(state.now()) != "notPaid":
        raise ApiError(400, f"Order {order.id} can't be paid: it is not waiting for payment")
    if account.method_type == "BANK_ACCOUNT":
        raise ApiError(403, "This order can't be paid with 'bankAccount'")
    if account.method_status != "VALID":
        raise ApiError(403, "This payment method is not valid")
    settle(state, order, account)


def retract(state: State, call: Call) -> None:
    """POST /me/order/{orderId}/retraction: private customers, paid, within 14 days."""
    order = find_order(state, call)
    reason = call.need("reason")
    if reason not in REASONS:
        raise ApiError(400, f"[reason] Invalid value {reason}")
    end = withdrawal_end(order)
    is_over = end is None or end <= state.now() or order.retraction is not None
    if is_over or call.buyer.legal_form != "individual":
        raise ApiError(403, "This order can't be retracted")
    order.retraction = {"reason": reason, "comment": call.values.get("comment") or ""}
    advance(state, order, "cancelling")


def waive(state: State, call: Call) -> None:
    """POST /me/order/{orderId}/waiveRetraction."""
    order = find_order(state, call)
    order.waived = True
    state.keep_order(order)
