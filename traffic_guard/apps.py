"""Watches Huawei Cloud traffic packages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrafficGuardConfig(AppConfig):
    """Marked as a product: bots/products.py finds it by `bot_product`."""

    name = "traffic_guard"
    verbose_name = _("Traffic guard")
    bot_product = "traffic_guard.bot.product"
    portal_nav = "traffic_guard.navigation.ITEMS"
    bot_events = (
        ("traffic.low", _("A server’s traffic runs low")),
        ("traffic.forecast", _("Traffic will not last until the reset")),
        ("traffic.unknown", _("It is not known what traffic is left")),
        ("traffic.stop_planned", _("A server is about to be stopped")),
        ("traffic.stopped", _("A server was stopped")),
        ("traffic.started", _("A server was started")),
        ("traffic.failed", _("A server could not be stopped or started")),
        ("traffic.account", _("A cloud account needs attention")),
        ("traffic.digest", _("The digest of servers and traffic")),
    )
    audit_labels = "traffic_guard.audit_labels.LABELS"
    home_panel = "traffic_guard.views.panel.summary"
