"""Words and buttons of the product; for linked staff only, by role.

A viewer watches, an operator orders, an admin pays. In groups the role of whoever presses counts.
"""

from django.utils.translation import gettext_lazy as _

from bots.products import Product
from bots.routing import Router
from ovh_sniper.bot import alerts, orders, overview, stock, typed, wishes

router = Router()
for part in (typed, overview, stock, wishes, orders, alerts):
    router.include(part.router)

product = Product(
    "ovh_sniper",
    _("OVH stock"),
    _("Tells of OVH servers that come in stock, and orders what you wished for. For your team."),
    router,
    "status",
    "server",
)
