"""What the product keeps: shared by all tenants (stock, catalogues) and each tenant's own."""

from ovh_sniper.models.accounts import Account
from ovh_sniper.models.alerts import Alert, AlertLine, AlertMessage, Preferences
from ovh_sniper.models.catalogue import CatalogueChange, StoredCatalogue, StoredPlan
from ovh_sniper.models.chats import ChatRequest
from ovh_sniper.models.orders import Order, OrderReminder, WarmCart
from ovh_sniper.models.stock import (
    Announced,
    Configuration,
    GhostStock,
    Poller,
    StockInterval,
    Unwatched,
)
from ovh_sniper.models.vps import VpsPlan
from ovh_sniper.models.wishes import Wish

__all__ = [
    "Account",
    "Alert",
    "AlertLine",
    "AlertMessage",
    "Announced",
    "CatalogueChange",
    "ChatRequest",
    "Configuration",
    "GhostStock",
    "Order",
    "OrderReminder",
    "Poller",
    "Preferences",
    "StockInterval",
    "StoredCatalogue",
    "StoredPlan",
    "Unwatched",
    "VpsPlan",
    "WarmCart",
    "Wish",
]
