"""The bots' entries in the portal's menu."""

from django.utils.translation import gettext_lazy as _

from tenants.navigation import NavItem

ITEMS = [
    NavItem(_("Home"), "bots:home", "home", 0),
    NavItem(_("Bots"), "bots:list", "bot", 10),
    NavItem(_("Broadcasts"), "bots:broadcasts", "megaphone", 20),
    NavItem(_("Notifications"), "bots:channels", "bell", 35, "viewer", "manage"),
]
