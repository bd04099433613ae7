"""What a cart may hold: offers, items and their options."""

from emulators.ovh.assortment import plans_of
from emulators.ovh.carts import editable, find_cart, find_item, plan_of
from emulators.ovh.hosts import HOSTS, Market
from emulators.ovh.models import Cart, Item
from emulators.ovh.money import show
from emulators.ovh.parts import describe
from emulators.ovh.plans import Addon, Plan
from emulators.ovh.pricing import Price, find_terms, offer_row
from emulators.ovh.state import FIRST_ITEM, State
from emulators.ovh.wire import ApiError, Call
from emulators.wsgi import Json

ADDON_LIMIT = 10


def sold_plan(cart: Cart, code: str) -> Plan:
    """A plan with a price; raises ApiError 400."""
    plan = plans_of(cart.host).get(code)
    if plan is None or not plan.is_sold:
        raise ApiError(400, f"Plan code not found: {code}")
    return plan


def market_of_cart(cart: Cart) -> Market:
    """In which money the cart is priced."""
    return HOSTS[cart.host].markets[cart.subsidiary]


def price_rows(state: State, cart: Cart, sold: Plan | Addon) -> list[Price]:
    """Prices of today."""
    return state.prices[cart.host].rows(sold, market_of_cart(cart), state.now())


def offers(state: State, call: Call) -> list[Json]:
    """GET /order/cart/{cartId}/eco: none for a plan that is not sold here."""
    cart = find_cart(state, call)
    wanted = call.query.get("planCode")
    market = market_of_cart(cart)
    return [
        {
            "planCode": plan.code,
            "productName": plan.product,
            "productType": "dedicated",
            "prices": [offer_row(row, market, plan.most) for row in price_rows(state, cart, plan)],
        }
        for plan in plans_of(cart.host).values()
        if plan.is_sold and wanted in (None, plan.code)
    ]


def options(state: State, call: Call) -> list[Json]:
    """GET /order/cart/{cartId}/eco/options."""
    cart = find_cart(state, call)
    plan = sold_plan(cart, call.query.get("planCode", ""))
    market = market_of_cart(cart)
    return [
        {
            "planCode": addon.code,
            "family": family.name,
            "mandatory": family.mandatory,
            "exclusive": family.is_exclusive,
            "productName": addon.product,
            "productType": "dedicated",
            "prices": [
                offer_row(row, market, ADDON_LIMIT) for row in price_rows(state, cart, addon)
            ],
        }
        for family in plan.families
        for addon in family.addons
    ]


def read_item(call: Call, code: str, rows: list[Price], number: int) -> Item:
    """An item from the body; raises ApiError for a pair of duration and mode that is not sold."""
    duration, mode = str(call.need("duration")), str(call.need("pricingMode"))
    if find_terms(rows, duration, mode) is None:
        # a bad duration looks like an outage on the real API
        raise ApiError(503, "Service is temporarily unavailable")
    quantity = call.need("quantity")
    if not isinstance(quantity, int) or quantity < 1:
        raise ApiError(400, "[quantity] Invalid quantity")
    return Item(number, code, duration, mode, quantity)


def add(state: State, call: Call) -> Json:
    """POST /order/cart/{cartId}/eco. No stock is looked at."""
    cart = editable(state, call)
    plan = sold_plan(cart, str(call.need("planCode")))
    rows = price_rows(state, cart, plan)
    item = read_item(call, plan.code, rows, state.number("item", FIRST_ITEM))
    check_quantity(cart, plan, item.quantity)
    cart.items[item.id] = item
    state.keep_cart(cart)
    return show_item(state, cart, item)


def check_quantity(cart: Cart, plan: Plan, more: int) -> None:
    """The limit counts per cart; raises ApiError 400."""
    there = sum(item.quantity for item in cart.items.values() if item.plan_code == plan.code)
    if there + more > plan.most:
        raise ApiError(400, f"Quantity of product {plan.code} must be at most {plan.most}")


def add_option(state: State, call: Call) -> Json:
    """POST /order/cart/{cartId}/eco/options."""
    cart = editable(state, call)
    number = call.need("itemId")
    parent = cart.items.get(number) if isinstance(number, int) else None
    if parent is None or parent.parent is not None:
        raise ApiError(404, "Item not found")
    found = plan_of(cart, parent).find(str(call.need("planCode")))
    if found is None:
        raise ApiError(400, f"Plan code not found: {call.values['planCode']}")
    rows = price_rows(state, cart, found[1])
    option = read_item(call, found[1].code, rows, state.number("item", FIRST_ITEM))
    option.parent = parent.id
    if call.forgets:
        return show_item(state, cart, option)
    parent.options.append(option.id)
    cart.items[option.id] = option
    state.keep_cart(cart)
    return show_item(state, cart, option)


def list_items(state: State, call: Call) -> list[int]:
    """GET /order/cart/{cartId}/item."""
    return list(find_cart(state, call).items)


def read(state: State, call: Call) -> Json:
    """GET /order/cart/{cartId}/item/{itemId}."""
    cart = find_cart(state, call)
    shown = show_item(state, cart, find_item(cart, call))
    return shown | {"configurations": None} if call.is_bare else shown


def update(state: State, call: Call) -> Json:
    """PUT /order/cart/{cartId}/item/{itemId}: quantity and duration."""
    cart = editable(state, call)
    item = find_item(cart, call)
    changed = {"duration": item.duration, "pricingMode": item.mode, "quantity": item.quantity}
    call.values = changed | call.values
    new = read_item(call, item.plan_code, price_rows(state, cart, sold_as(cart, item)), item.id)
    if item.parent is None:
        check_quantity(cart, plan_of(cart, item), new.quantity - item.quantity)
    item.duration, item.mode, item.quantity = new.duration, new.mode, new.quantity
    state.keep_cart(cart)
    return show_item(state, cart, item)


def delete(state: State, call: Call) -> None:
    """DELETE /order/cart/{cartId}/item/{itemId}, with its options."""
    cart = editable(state, call)
    item = find_item(cart, call)
    for number in [*item.options, item.id]:
        cart.items.pop(number, None)
    if item.parent in cart.items:
        cart.items[item.parent].options.remove(item.id)
    state.keep_cart(cart)


def sold_as(cart: Cart, item: Item) -> Plan | Addon:
    """The plan or addon behind an item."""
    plan = plan_of(cart, item)
    found = plan.find(item.plan_code) if item.parent is not None else None
    return found[1] if found else plan


def show_item(state: State, cart: Cart, item: Item) -> Json:
    """An item as it is answered; `options` are ids."""
    sold = sold_as(cart, item)
    found = find_terms(price_rows(state, cart, sold), item.duration, item.mode)
    setup, period = (found[0], found[1]) if found else (None, None)
    fee = setup.after if setup else 0
    before = period.before if period else 0
    after = period.after if period else 0
    amounts = {
        "PRICE": before,
        "DISCOUNT": before - after,
        "FEE": fee,
        "RENEW": before,
        "TOTAL": after * item.quantity,
    }
    market = market_of_cart(cart)
    return {
        "cartId": cart.id,
        "itemId": item.id,
        "parentItemId": item.parent,
        "productId": "eco",
        "offerId": item.plan_code,
        "description": sold.label if isinstance(sold, Plan) else describe(sold.product),
        "duration": item.duration,
        "settings": {
            "planCode": item.plan_code,
            "pricingMode": item.mode,
            "quantity": item.quantity,
        },
        "options": item.options,
        "configurations": list(item.configuration),
        "prices": [
            {"label": label, "price": show(amount, market)} for label, amount in amounts.items()
        ],
    }
