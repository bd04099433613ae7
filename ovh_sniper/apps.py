"""Watches OVH dedicated-server stock and orders what was wished."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class OvhSniperConfig(AppConfig):
    """Has no `bot_product` mark yet: the portal offers a product only once it is whole."""

    name = "ovh_sniper"
    verbose_name = _("OVH stock")
