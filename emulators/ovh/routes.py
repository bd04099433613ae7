"""Which path does what, and the IAM action that a signed route needs."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from emulators.ovh import carts, checkout, credentials, items, me, orders, shop
from emulators.ovh.state import State
from emulators.ovh.wire import ApiError, Call

Handler = Callable[[State, Call], Any]
PUBLIC = ""  # no authentication asked
OWN_CHECK = "-"  # the handler looks at the signature itself


@dataclass(frozen=True, slots=True)
class Route:
    """One call of the API."""

    method: str
    pattern: re.Pattern[str]
    action: str
    handler: Handler


CART = "/order/cart/([^/]+)"
ITEM = f"{CART}/item/([0-9]+)"
SEGMENT = f"{CART}/(?:eco|baremetalServers)"
ORDER = "/me/order/([0-9]+)"
DETAIL = f"{ORDER}/details/([0-9]+)"
GRANT = "oauth2/token"  # stands outside the versions, so without a leading slash
STOCK = "/dedicated/server/datacenter/availabilities"

TABLE: tuple[tuple[str, str, str, Handler], ...] = (
    ("GET", "/auth/time", PUBLIC, credentials.time),
    ("POST", "/auth/credential", OWN_CHECK, credentials.request_key),
    ("GET", "/auth/currentCredential", OWN_CHECK, credentials.current),
    ("POST", "/auth/logout", OWN_CHECK, credentials.logout),
    ("POST", GRANT, OWN_CHECK, credentials.issue_token),
    ("GET", STOCK, PUBLIC, shop.availabilities),
    ("GET", "/order/catalog/public/(?:eco|baremetalServers)", PUBLIC, shop.catalogue),
    ("GET", "/vps/order/rule/datacenter", PUBLIC, shop.vps_datacenters),
    ("GET", "/order/cart", "cart/get", carts.list_carts),
    ("POST", "/order/cart", PUBLIC, carts.create),
    ("GET", CART, PUBLIC, carts.read),
    ("PUT", CART, PUBLIC, carts.update),
    ("DELETE", CART, "cart/delete", carts.delete),
    ("POST", f"{CART}/assign", "cart/assign", carts.assign),
    ("GET", f"{CART}/coupon", PUBLIC, carts.list_coupons),
    ("POST", f"{CART}/coupon", PUBLIC, carts.add_coupon),
    ("GET", SEGMENT, PUBLIC, items.offers),
    ("POST", SEGMENT, PUBLIC, items.add),
    ("GET", f"{SEGMENT}/options", PUBLIC, items.options),
    ("POST", f"{SEGMENT}/options", PUBLIC, items.add_option),
    ("GET", f"{CART}/item", PUBLIC, items.list_items),
    ("GET", ITEM, PUBLIC, items.read),
    ("PUT", ITEM, PUBLIC, items.update),
    ("DELETE", ITEM, PUBLIC, items.delete),
    ("GET", f"{ITEM}/requiredConfiguration", PUBLIC, carts.required_configuration),
    ("GET", f"{ITEM}/configuration", PUBLIC, carts.list_configuration),
    ("POST", f"{ITEM}/configuration", PUBLIC, carts.configure),
    ("GET", f"{ITEM}/configuration/([0-9]+)", PUBLIC, carts.read_configuration),
    ("DELETE", f"{ITEM}/configuration/([0-9]+)", PUBLIC, carts.delete_configuration),
    ("GET", f"{CART}/summary", PUBLIC, checkout.summary),
    ("GET", f"{CART}/checkout", "cart/checkout/simulate", checkout.simulate),
    ("POST", f"{CART}/checkout", "cart/checkout/execute", checkout.execute),
    ("GET", "/me", "me/get", me.read),
    ("GET", "/me/payment/method", "me/payment/method/get", me.list_methods),
    ("GET", "/me/payment/method/([0-9]+)", "me/payment/method/get", me.read_method),
    ("POST", "/me/api/oauth2/client", "me/api/oauth2/client/create", me.create_client),
    ("GET", "/me/api/oauth2/client/([^/]+)", "me/api/oauth2/client/get", me.read_client),
    ("GET", "/me/order", "me/order/get", orders.list_orders),
    ("GET", ORDER, "me/order/get", orders.read),
    ("GET", f"{ORDER}/status", "me/order/status/get", orders.status),
    ("GET", f"{ORDER}/details", "me/order/details/get", orders.list_details),
    ("GET", DETAIL, "me/order/details/get", orders.read_detail),
    ("GET", f"{DETAIL}/extension", "me/order/details/get", orders.read_extension),
    ("GET", f"{DETAIL}/operations", "me/order/details/get", orders.list_operations),
    ("GET", f"{DETAIL}/operations/([0-9]+)", "me/order/details/get", orders.read_operation),
    ("GET", f"{ORDER}/followUp", "me/order/followUp/get", orders.follow_up),
    ("POST", f"{ORDER}/pay", "me/order/pay", orders.pay),
    ("POST", f"{ORDER}/retraction", "me/order/retraction/create", orders.retract),
    ("POST", f"{ORDER}/waiveRetraction", "me/order/waiveRetraction/create", orders.waive),
)
ROUTES = [
    Route(method, re.compile(pattern), action, handler)
    for method, pattern, action, handler in TABLE
]


def find_route(call: Call) -> Route:
    """The route of a call, whose path arguments it notes; raises ApiError 404 or 405."""
    is_known = False
    for route in ROUTES:
        match = route.pattern.fullmatch(call.path)
        if match is None:
            continue
        is_known = True
        if route.method == call.method:
            call.arguments = match.groups()
            return route
    if is_known:
        raise ApiError(405, "The requested method is not allowed")
    raise ApiError(404, "Got an invalid (or empty) URL")
