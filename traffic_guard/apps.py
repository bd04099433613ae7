"""Watches Huawei Cloud traffic packages."""

from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class TrafficGuardConfig(AppConfig):
    """Has no `bot_product` mark yet: the portal offers a product only once it is whole."""

    name = "traffic_guard"
    verbose_name = _("Traffic guard")
