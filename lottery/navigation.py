"""The giveaways' entry in the portal's menu."""

from django.utils.translation import gettext_lazy as _

from tenants.navigation import NavItem

ITEMS = [NavItem(_("Giveaways"), "lottery:list", "gift", 30, group="products")]
