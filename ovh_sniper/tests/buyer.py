"""What a test does at the emulated OVH before it comes to the point."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from ovh_sniper.gateways.ovh import ApplicationKeys, Host, Ovh, StockRow, connect, shelf

if TYPE_CHECKING:
    from emulators.ovh import OvhEmulator
    from emulators.ovh.world import Keys

PLANS = {Host.EU: "27sk15", Host.CA: "27sk15", Host.US: "27sk15-us"}
DATACENTERS = {Host.EU: "gra", Host.CA: "bhs", Host.US: "vin"}


def now(emulator: OvhEmulator) -> datetime:
    """Return the emulator's time."""
    return datetime.fromtimestamp(emulator.clock.time(), UTC)


def keys_of(keys: Keys) -> ApplicationKeys:
    """Return the emulator's keys as the gateway takes them."""
    return ApplicationKeys(
        Host(keys.host), keys.application_key, keys.application_secret, keys.consumer_key
    )


def account_of(keys: Keys) -> Ovh:
    return connect(keys_of(keys))


def best_row(host: Host) -> StockRow:
    """Return the configuration of the plan with the most expensive parts: nothing is a default."""
    return shelf(host).availabilities(PLANS[host]).rows[-1]


def put_on_sale(emulator: OvhEmulator, host: Host, availability: str = "1H-low") -> StockRow:
    """Put that configuration on the shelf, and nothing else of the plan."""
    emulator.set_stock(host, PLANS[host], DATACENTERS[host], "unavailable")
    emulator.set_stock(host, best_row(host).fqn, DATACENTERS[host], availability)
    return best_row(host)


def empty_cart(account: Ovh, subsidiary: str) -> str:
    """Make an assigned cart and return its id."""
    # ahead of the emulator's clock, which tests move by a day at most each
    until = datetime.now(UTC) + timedelta(days=300)
    cart = account.create_cart(subsidiary, "a test's", until)
    account.assign(cart.id)
    return cart.id


def filled_cart(account: Ovh, host: Host) -> str:
    """Make a cart with the best configuration, ready to be checked out."""
    subsidiary = account.me().subsidiary
    cart_id = empty_cart(account, subsidiary)
    item_id = account.add_item(cart_id, PLANS[host])
    row = best_row(host)
    # the emulator names options as the stock list names parts; the first of a family is its default
    chosen: dict[str, str] = {}
    for option in account.options(cart_id, PLANS[host]):
        if option.is_mandatory and option.name in (row.memory, row.storage, row.system_storage):
            chosen[option.family] = option.plan_code
        elif option.is_mandatory:
            chosen.setdefault(option.family, option.plan_code)
    for code in chosen.values():
        account.add_option(cart_id, item_id, code)
    for label in account.requirements(cart_id, item_id):
        is_place = label.label == "dedicated_datacenter"
        value = DATACENTERS[host] if is_place else label.allowed[-1]
        account.configure(cart_id, item_id, label.label, value)
    return cart_id
