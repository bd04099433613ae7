"""Summary and checkout of a cart."""

from collections import Counter
from dataclasses import replace

from emulators.ovh.carts import find_cart, owned
from emulators.ovh.hosts import HOSTS
from emulators.ovh.items import market_of_cart
from emulators.ovh.lifecycle import begin, settle
from emulators.ovh.models import DAY, Account, Cart, Line, Order
from emulators.ovh.money import tax_of
from emulators.ovh.orders import order_url
from emulators.ovh.quotes import Server, lines_of, servers_of, show_quote
from emulators.ovh.state import FIRST_ORDER, State
from emulators.ovh.wire import ApiError, Call
from emulators.wsgi import Json


def summary(state: State, call: Call) -> Json:
    """GET /order/cart/{cartId}/summary: the quote, for anyone who knows the cart."""
    return quote(state, call, find_cart(state, call))


def simulate(state: State, call: Call) -> Json:
    """GET /order/cart/{cartId}/checkout: the quote, for the owner."""
    return quote(state, call, owned(state, call))


def quote(state: State, call: Call, cart: Cart) -> Json:
    """Prices of today; stock is not looked at."""
    servers = servers_of(cart)
    if call.is_ghost:
        raise servers[0].refusal()
    return show_quote(cart, lines_of(state, cart, servers))


def execute(state: State, call: Call) -> Json:
    """POST /order/cart/{cartId}/checkout: order it."""
    cart = owned(state, call)
    if cart.read_only:
        raise ApiError(400, "This cart is read only: it has already been validated")
    autopay = read_flag(call, "autoPayWithPreferredPaymentMethod")
    waived = read_flag(call, "waiveRetractationPeriod")
    servers = servers_of(cart)
    check_stock(state, cart, servers)
    if call.is_ghost:
        raise servers[0].refusal()
    if autopay:
        check_method(call.buyer)
    order = place(state, cart, call.buyer, servers)
    order.waived = waived
    if autopay:
        settle(state, order, call.buyer)
    cart.read_only, cart.order_id = True, order.id
    state.keep_cart(cart)
    state.keep_order(order)
    body = show_quote(cart, lines_of(state, cart, servers))
    return {**body, "orderId": order.id, "url": order_url(order, call.environ)}


def read_flag(call: Call, name: str) -> bool:
    """An optional boolean of the body; raises ApiError 400."""
    value = call.values.get(name)
    if value not in (None, True, False):
        raise ApiError(400, f"[{name}] Invalid boolean")
    return bool(value)


def check_stock(state: State, cart: Cart, servers: list[Server]) -> None:
    """Everything or nothing; raises ApiError 400 for the first server that is sold out."""
    stock = state.stocks[cart.host]
    wanted: Counter[tuple[str, str]] = Counter()
    for server in servers:
        cell = server.fqn, server.datacenter
        wanted[cell] += server.item.quantity
        if not stock.has(*cell, wanted[cell]):
            raise server.refusal()


def check_method(account: Account) -> None:
    """Autopay needs a valid preferred payment method; raises ApiError 400."""
    if not account.method_status:
        raise ApiError(400, "You do not have preferred payment method")
    if account.method_status != "VALID":
        raise ApiError(400, "Your preferred payment method is not valid")


def place(state: State, cart: Cart, account: Account, servers: list[Server]) -> Order:
    """Take the servers off the shelf and write the order."""
    stock = state.stocks[cart.host]
    delays = [stock.state(server.fqn, server.datacenter) for server in servers]
    for server in servers:
        stock.take(server.fqn, server.datacenter, server.item.quantity)
        state.keep_stock(cart.host, server.fqn)
    lines = lines_of(state, cart, servers)
    number = state.number("order", FIRST_ORDER)
    order = Order(
        id=number,
        host=cart.host,
        nichandle=account.nichandle,
        subsidiary=account.subsidiary,
        password=state.secret(10),
        cart_id=cart.id,
        created=state.now(),
        lines=per_server(lines, servers),
        tax=tax_of(sum(line.total for line in lines), market_of_cart(cart)),
        course=[],
        service_names=service_names(cart.host, number, servers),
        delivery_seconds=max(delivery_seconds(state, delay) for delay in delays),
    )
    begin(order, expires=order.created + DAY)
    return order


def per_server(lines: list[Line], servers: list[Server]) -> list[Line]:
    """Lines of an order: two servers of one item have their own lines and domains."""
    firsts, count = [], 0
    for server in servers:
        firsts.append(count)
        count += server.item.quantity
    split = []
    for line in lines:
        number = servers[line.server].item.quantity
        whole, rest = divmod(line.quantity, number)
        for at in range(number):
            quantity = whole + (at < rest)
            if quantity:
                split.append(replace(line, quantity=quantity, server=firsts[line.server] + at))
    return split


def delivery_seconds(state: State, availability: str) -> float:
    """`72H` takes three days; `1H-...` as long as the emulator is told."""
    hours = int(availability.partition("H")[0])
    return state.delivery_seconds if hours == 1 else hours * 3600.0


def service_names(host: str, number: int, servers: list[Server]) -> list[str]:
    """How the servers will be called, in the order of the cart."""
    count = sum(server.item.quantity for server in servers)
    tail = HOSTS[host].service_domain
    first = number % 100000 * 10
    return [
        f"ns3{first + at:06d}.ip-{51 + at % 40}-{number % 250}-{at % 250}.{tail}"
        for at in range(count)
    ]
