"""Rents out TRON energy."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class EnergyConfig(AppConfig):
    """Has no `bot_product` mark yet: the portal offers a product only once it is whole."""

    name = "energy"
    verbose_name = _("TRON energy")
