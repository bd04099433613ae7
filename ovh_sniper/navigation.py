"""The product's entry in the portal's menu."""

from django.utils.translation import gettext_lazy as _

from tenants.navigation import NavItem

ITEMS = [NavItem(_("OVH stock"), "ovh_sniper:stock", "server", 20, group="products")]
