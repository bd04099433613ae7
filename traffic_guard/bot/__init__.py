"""Words and buttons of the product; for linked staff only, by role.

A viewer reads, an operator acts. In groups the role of whoever presses counts.
"""

from django.utils.translation import gettext_lazy as _

from bots.products import Product
from bots.routing import Router
from traffic_guard.bot import overview, plans, power, resting, servers

router = Router()
for part in (overview, servers, plans, resting, power):
    router.include(part.router)

product = Product(
    "traffic_guard",
    _("Traffic guard"),
    _("Tells what traffic cloud servers have left, and stops them in time. For your team."),
    router,
    "status",
    "gauge",
)
