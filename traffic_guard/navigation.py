"""The product's entry in the portal's menu."""

from django.utils.translation import gettext_lazy as _

from tenants.navigation import NavItem

ITEMS = [NavItem(_("Traffic guard"), "traffic_guard:dashboard", "gauge", 30, group="products")]
