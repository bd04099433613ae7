"""The buttons under messages that this product sends by itself; bot.py answers them."""

from __future__ import annotations

from bots.buttons import Button


class OrderNow(Button, prefix="oo"):
    """Orders one server of an alert."""

    alert: str


class AlertDetails(Button, prefix="oa"):
    """Tells all about an alert."""

    alert: str


class Mute(Button, prefix="om"):
    """Silences alerts for some hours; 0: no longer."""

    hours: int


class CancelOrder(Button, prefix="oc"):
    """Cancels an order that is still queued, or says why it cannot be."""

    order: str


class PayOrder(Button, prefix="op"):
    """Pays an order with the account's registered method."""

    order: str


class OrderDetails(Button, prefix="od"):
    """Tells all about an order."""

    order: str


class Confirm(Button, prefix="oy"):
    """Orders what was previewed."""

    request: str
    account: str


class Drop(Button, prefix="on"):
    """Orders nothing of what was previewed."""

    request: str


class WishFor(Button, prefix="ow"):
    """Makes a wish of what was asked for and is not there: `mode` is one of Wish.Mode."""

    request: str
    account: str
    mode: str
