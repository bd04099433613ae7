"""Giveaways."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class LotteryConfig(AppConfig):
    """Marked as a product: bots/products.py finds it by `bot_product`."""

    name = "lottery"
    verbose_name = _("Giveaways")
    bot_product = "lottery.bot.product"
    bot_events = (("giveaway.drawn", _("A giveaway was drawn")),)
    portal_nav = "lottery.navigation.ITEMS"
    audit_labels = "lottery.audit_labels.LABELS"
    home_panel = "lottery.views.panel.running"
