"""A shop in a chat."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class ShopConfig(AppConfig):
    """Has no `bot_product` mark yet: the portal offers a product only once it is whole."""

    name = "shop"
    verbose_name = _("Shop")
