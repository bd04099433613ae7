"""What journeys do with OVH servers: link an account, wish, move stock, look into the books."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from tests.journeys.stack import Api, Stack, wait_until

PLAN = {"eu": "24ska01", "us": "24ska01-us"}
PLACE = {"eu": "gra", "us": "vin"}
# of the cheapest configuration in France: set-up and first month of 4.99 each, and 20 % of tax
DUE, DEARER = "11.98", "5.00"


@dataclass
class Buyer:
    """A tenant with an OVH account of its own."""

    stack: Stack
    api: Api
    host: str
    account: str  # its id with us
    customer: str  # its name at OVH

    def wish(self, **terms: Any) -> dict[str, Any]:
        """Wish for one server of the plan, ordered at once; wait until its carts stand ready."""
        before = len(self.carts())
        wanted = {"account": self.account, "plan_code": PLAN[self.host], "mode": "order", **terms}
        made: dict[str, Any] = self.api("POST", "/api/v1/ovh/wishes/", **wanted)
        wait_until(lambda: len(self.carts()) > before, what="carts kept warm")
        return made

    def carts(self) -> list[Any]:
        """Return the customer's carts at OVH that hold something."""
        carts = self.stack.shelf("GET", "carts", host=self.host)["carts"]
        return [one for one in carts if one["owner"] == self.customer and one["items"]]

    def appear(self, availability: str = "1H-low", **more: Any) -> None:
        """Put the plan in stock, or take it out."""
        place = {"host": self.host, "fqn": PLAN[self.host], "datacenter": PLACE[self.host]}
        self.stack.shelf("POST", "stock", availability=availability, **place, **more)

    def books(self) -> list[Any]:
        """Return the customer's orders in OVH's books."""
        orders = self.stack.shelf("GET", "orders", host=self.host)["orders"]
        return [one for one in orders if one["nichandle"] == self.customer]

    def orders(self) -> list[Any]:
        """Return the tenant's orders, the newest first."""
        found: list[Any] = self.api("GET", "/api/v1/ovh/orders/")["results"]
        return found

    def alerts(self) -> list[Any]:
        """Return what the tenant was alerted of."""
        found: list[Any] = self.api("GET", "/api/v1/ovh/alerts/")["results"]
        return found

    def states(self) -> list[str]:
        """Return the states of the tenant's orders."""
        return [order["state"] for order in self.orders()]

    def wait_for(self, *states: str, what: str) -> None:
        """Wait until the tenant's orders are in these states; say what there is where they are
        not."""
        try:
            wait_until(lambda: self.states() == [*states], what=what)
        except AssertionError as error:
            error.add_note(f"There are the orders {self.orders()}")
            error.add_note(f"alerts {self.alerts()}")
            error.add_note(f"and in OVH's books {self.books()}")
            raise


def buyer(stack: Stack, name: str, host: str = "eu") -> Buyer:
    """Create a tenant and link a new customer of OVH; wait until it was looked at."""
    keys = stack.shelf("POST", "accounts", host=host)
    api = stack.tenant(name, f"owner@{name.lower().replace(' ', '-')}.example")
    linked = api(
        "POST",
        "/api/v1/ovh/accounts/",
        name="Main",
        host=host,
        **{part: keys[part] for part in ("application_key", "application_secret", "consumer_key")},
    )
    path = f"/api/v1/ovh/accounts/{linked['id']}/"
    wait_until(lambda: api("GET", path)["can_order"], what="the account's first look")
    return Buyer(stack, api, host, linked["id"], keys["nichandle"])
