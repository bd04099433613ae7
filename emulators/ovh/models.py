"""What the emulator keeps: accounts and their keys, carts, orders."""

from dataclasses import dataclass, field
from typing import Any

DAY = 86400.0


@dataclass(slots=True)
class Account:
    """A customer of one host. `method_status` is the state of the preferred payment method
    (VALID, EXPIRED ...), "" when there is none."""

    host: str
    nichandle: str
    subsidiary: str
    method_id: int = 0
    method_status: str = ""
    method_type: str = "CREDIT_CARD"
    legal_form: str = "individual"
    state: str = "complete"
    kyc_validated: bool | None = True
    wants_documents: bool = False  # the next paid order waits for identity papers

    @property
    def key(self) -> str:
        """Where it is kept."""
        return f"{self.host}/{self.nichandle}"


@dataclass(slots=True)
class Application:
    """An application key with its secret."""

    host: str
    key: str
    secret: str
    name: str


@dataclass(slots=True)
class Credential:
    """A consumer key of an application, bound to an account once somebody has accepted it."""

    id: int
    host: str
    consumer_key: str
    application_key: str
    rules: list[dict[str, str]]
    token: str
    redirection: str | None
    allowed_ips: list[str] | None
    created: float
    status: str = "pendingValidation"
    expiration: float | None = None
    nichandle: str = ""
    last_use: float | None = None

    def state(self, now: float) -> str:
        """expired, pendingValidation, refused or validated."""
        over = self.expiration is not None and self.expiration <= now
        return "expired" if over and self.status == "validated" else self.status


@dataclass(slots=True)
class ServiceClient:
    """An OAuth2 client of an account and the IAM actions that a policy gives it."""

    host: str
    id: str
    secret: str
    nichandle: str
    actions: list[str]
    name: str = ""


@dataclass(slots=True)
class Token:
    """A bearer token."""

    value: str
    client_id: str
    expires: float


@dataclass(slots=True)
class Item:
    """A plan, or an option of one, in a cart."""

    id: int
    plan_code: str
    duration: str
    mode: str
    quantity: int
    parent: int | None = None
    options: list[int] = field(default_factory=list)
    configuration: dict[int, tuple[str, str]] = field(default_factory=dict)


@dataclass(slots=True)
class Cart:
    """A cart; whoever knows its id can edit it."""

    id: str
    host: str
    subsidiary: str
    description: str
    expire: float
    created: float
    items: dict[int, Item] = field(default_factory=dict)
    owner: str = ""
    read_only: bool = False
    order_id: int | None = None
    coupons: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Line:
    """One priced line of a quote or an order. Amounts in 1e-8 currency units without tax."""

    item_id: int
    plan_code: str
    description: str
    kind: str  # INSTALLATION or DURATION
    quantity: int
    unit: int
    unit_before: int
    product: str
    duration: str
    mode: str
    configuration: list[tuple[str, str]] = field(default_factory=list)
    server: int = 0  # which server of the cart or the order it belongs to
    option: int = 0  # which option of that server, 0 for the server itself

    @property
    def total(self) -> int:
        """What is paid."""
        return self.unit * self.quantity

    @property
    def before(self) -> int:
        """What it would cost without promotions."""
        return self.unit_before * self.quantity


@dataclass(slots=True)
class Order:
    """An order. `course` holds (moment, status) pairs, past and to come."""

    id: int
    host: str
    nichandle: str
    subsidiary: str
    password: str
    cart_id: str
    created: float
    lines: list[Line]
    tax: int
    course: list[tuple[float, str]]
    service_names: list[str]
    delivery_seconds: float
    paid: float | None = None
    waived: bool = False
    retraction: dict[str, Any] | None = None

    @property
    def without_tax(self) -> int:
        """Sum of the lines."""
        return sum(line.total for line in self.lines)

    def status(self, now: float) -> str:
        """The newest status that has begun."""
        return next(name for at, name in reversed(self.course) if at <= now)
