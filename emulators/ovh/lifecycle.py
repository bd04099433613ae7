"""How orders live: unpaid for a day, then cancelled; paid, checked, delivered."""

from emulators.ovh.models import Account, Order
from emulators.ovh.state import State

STATUSES = (
    "notPaid",
    "checking",
    "documentsRequested",
    "delivering",
    "delivered",
    "cancelling",
    "cancelled",
)
CANCEL_SECONDS = 60.0


def begin(order: Order, expires: float) -> None:
    """An unpaid order that will be cancelled."""
    order.course = [(order.created, "notPaid"), (expires, "cancelled")]


def advance(state: State, order: Order, status: str) -> None:
    """Put an order into a status now; what naturally follows is planned from there.
    Raises ValueError for an unknown status."""
    now = state.now()
    checked = now + state.checking_seconds
    delivered = [(now + order.delivery_seconds, "delivered")]
    follow: dict[str, list[tuple[float, str]]] = {
        "notPaid": [(now + 86400, "cancelled")],
        "checking": [(checked, "delivering"), (checked + order.delivery_seconds, "delivered")],
        "documentsRequested": [],
        "delivering": delivered,
        "delivered": [],
        "cancelling": [(now + CANCEL_SECONDS, "cancelled")],
        "cancelled": [],
    }
    if status not in follow:
        raise ValueError(f"unknown status {status!r}: one of {', '.join(STATUSES)}")
    past = [step for step in order.course if step[0] < now or step == (order.created, "notPaid")]
    order.course = [*past, (now, status), *follow[status]]
    if status == "notPaid":
        order.paid = None
    elif status not in ("cancelled", "cancelling") and order.paid is None:
        order.paid = now
    state.keep_order(order)


def settle(state: State, order: Order, account: Account) -> None:
    """The money has come. Some accounts must show papers at their next order."""
    if account.wants_documents:
        account.wants_documents = False
        state.keep_account(account)
        advance(state, order, "documentsRequested")
    else:
        advance(state, order, "checking")
