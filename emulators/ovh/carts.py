"""Carts: making, showing, assigning, deleting them, and the configuration of items."""

import uuid
from datetime import UTC, datetime
from typing import Any

from emulators.ovh.assortment import plans_of
from emulators.ovh.catalogue import configurations
from emulators.ovh.hosts import utc_date
from emulators.ovh.models import DAY, Cart, Item
from emulators.ovh.plans import Plan
from emulators.ovh.shop import market_of
from emulators.ovh.state import State
from emulators.ovh.wire import ApiError, Call
from emulators.wsgi import Json


def show_cart(cart: Cart) -> Json:
    """A cart as it is answered: `items` are ids."""
    return {
        "cartId": cart.id,
        "description": cart.description,
        "expire": utc_date(cart.expire),
        "items": list(cart.items),
        "readOnly": cart.read_only,
    }


def create(state: State, call: Call) -> Json:
    """POST /order/cart."""
    subsidiary = str(call.need("ovhSubsidiary"))
    market_of(call, subsidiary)
    now = state.now()
    expire = read_expiry(call.values.get("expire"), now)
    description = str(call.values.get("description") or "")
    cart = Cart(str(uuid.uuid4()), call.host.name, subsidiary, description, expire, now)
    state.keep_cart(cart)
    return show_cart(cart)


def read_expiry(given: Any, now: float) -> float:
    """The end of a cart's life, a day from now unless told; raises ApiError 400."""
    if not given:
        return now + DAY
    try:
        moment = datetime.fromisoformat(str(given))
    except ValueError as error:
        raise ApiError(400, "[expire] Invalid date") from error
    expire = moment.replace(tzinfo=moment.tzinfo or UTC).timestamp()
    if expire <= now:
        raise ApiError(400, "[expire] The date must be in the future")
    return expire


def find_cart(state: State, call: Call) -> Cart:
    """The cart that the path names; raises ApiError 404."""
    cart = state.carts.get(call.arguments[0])
    if cart is None or cart.host != call.host.name or cart.expire <= state.now():
        raise ApiError(404, "Cart not found")
    return cart


def editable(state: State, call: Call) -> Cart:
    """A cart that has not been ordered; raises ApiError."""
    cart = find_cart(state, call)
    if cart.read_only:
        raise ApiError(400, "This cart is read only: it has already been validated")
    return cart


def owned(state: State, call: Call) -> Cart:
    """A cart of the caller, or of nobody yet; raises ApiError 404."""
    cart = find_cart(state, call)
    if cart.owner not in ("", call.buyer.nichandle):
        raise ApiError(404, "Cart not found")
    return cart


def list_carts(state: State, call: Call) -> list[str]:
    """GET /order/cart: carts assigned to the caller."""
    return [
        cart.id
        for cart in state.carts.values()
        if (cart.host, cart.owner) == (call.host.name, call.buyer.nichandle)
        and cart.expire > state.now()
    ]


def read(state: State, call: Call) -> Json:
    """GET /order/cart/{cartId}."""
    return show_cart(find_cart(state, call))


def update(state: State, call: Call) -> Json:
    """PUT /order/cart/{cartId}."""
    cart = editable(state, call)
    if "description" in call.values:
        cart.description = str(call.values["description"])
    if call.values.get("expire"):
        cart.expire = read_expiry(call.values["expire"], state.now())
    state.keep_cart(cart)
    return show_cart(cart)


def assign(state: State, call: Call) -> None:
    """POST /order/cart/{cartId}/assign. A cart of another subsidiary is not found."""
    cart = owned(state, call)
    if cart.subsidiary != call.buyer.subsidiary:
        raise ApiError(404, "Invalid Cart ID")
    cart.owner = call.buyer.nichandle
    state.keep_cart(cart)


def delete(state: State, call: Call) -> None:
    """DELETE /order/cart/{cartId}."""
    state.drop_cart(owned(state, call))


def add_coupon(state: State, call: Call) -> list[str]:
    """POST /order/cart/{cartId}/coupon."""
    cart = editable(state, call)
    coupon = str(call.need("coupon"))
    if coupon not in state.coupons:
        raise ApiError(400, f"Coupon {coupon} is not valid")
    if coupon not in cart.coupons:
        cart.coupons.append(coupon)
        state.keep_cart(cart)
    return cart.coupons


def list_coupons(state: State, call: Call) -> list[str]:
    """GET /order/cart/{cartId}/coupon."""
    return find_cart(state, call).coupons


# -- configuration of an item ---------------------------------------------------------------


def find_item(cart: Cart, call: Call) -> Item:
    """The item that the path names; raises ApiError 404."""
    item = cart.items.get(int(call.arguments[1]))
    if item is None:
        raise ApiError(404, "Item not found")
    return item


def plan_of(cart: Cart, item: Item) -> Plan:
    """The plan of an item, or of the item an option belongs to."""
    top = item if item.parent is None else cart.items[item.parent]
    return plans_of(cart.host)[top.plan_code]


def required_configuration(state: State, call: Call) -> list[Json]:
    """GET .../requiredConfiguration. `required` is misleading on the real API too: without a
    datacenter the checkout refuses, without a region it does not."""
    cart = find_cart(state, call)
    item = find_item(cart, call)
    if item.parent is not None:
        return []
    return [
        {
            "label": label,
            "type": "String",
            "required": label != "dedicated_datacenter",
            "fields": [],
            "allowedValues": values,
        }
        for label, values in configurations(call.host, plan_of(cart, item)).items()
    ]


def configure(state: State, call: Call) -> Json:
    """POST .../configuration: nothing is checked here, neither the value nor a repeated label."""
    cart = editable(state, call)
    item = find_item(cart, call)
    label, value = str(call.need("label")), str(call.need("value"))
    number = state.number("configuration", 1)
    item.configuration[number] = (label, value)
    state.keep_cart(cart)
    return {"id": number, "label": label, "value": value}


def list_configuration(state: State, call: Call) -> list[int]:
    """GET .../configuration: ids, of one label when asked."""
    label = call.query.get("label")
    item = find_item(find_cart(state, call), call)
    return [number for number, pair in item.configuration.items() if label in (None, pair[0])]


def read_configuration(state: State, call: Call) -> Json:
    """GET .../configuration/{id}."""
    item = find_item(find_cart(state, call), call)
    number = int(call.arguments[2])
    if number not in item.configuration:
        raise ApiError(404, "Configuration not found")
    label, value = item.configuration[number]
    return {"id": number, "label": label, "value": value}


def delete_configuration(state: State, call: Call) -> None:
    """DELETE .../configuration/{id}."""
    cart = editable(state, call)
    item = find_item(cart, call)
    if item.configuration.pop(int(call.arguments[2]), None) is None:
        raise ApiError(404, "Configuration not found")
    state.keep_cart(cart)
