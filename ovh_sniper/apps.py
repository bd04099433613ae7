"""Watches OVH dedicated-server stock and orders what was wished."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OvhSniperConfig(AppConfig):
    """Marked as a product: bots/products.py finds it by `bot_product`."""

    name = "ovh_sniper"
    verbose_name = _("OVH stock")
    bot_product = "ovh_sniper.bot.product"
    portal_nav = "ovh_sniper.navigation.ITEMS"
    bot_events = (
        ("server.in_stock", _("A wished server is in stock")),
        ("server.ordered", _("A server was ordered")),
        ("server.refused", _("A server could not be ordered")),
        ("server.unclear", _("OVH’s answer to an order was lost")),
        ("server.cancelled", _("An order of a server was cancelled")),
        ("server.documents", _("OVH asks for documents")),
        ("server.delivered", _("A server was delivered")),
        ("server.payment_due", _("An order of a server waits for payment")),
        ("wish.ended", _("A wish for servers ended")),
        ("ovh.account", _("An OVH account needs attention")),
        ("ovh.catalogue", _("OVH sells something new or at another price")),
        ("ovh.digest", _("The daily digest of OVH stock and orders")),
    )
    audit_labels = "ovh_sniper.audit_labels.LABELS"
    home_panel = "ovh_sniper.views.panel.summary"
