"""The middle layer: bots."""

from functools import partial

from django.apps import AppConfig
from django.conf import settings
from django.utils.translation import gettext_lazy as _


class BotsConfig(AppConfig):
    """Bots, people, receipts, outbox, channels."""

    name = "bots"
    verbose_name = _("Bots")
    portal_nav = "bots.navigation.ITEMS"
    audit_labels = "bots.audit_labels.LABELS"

    def ready(self) -> None:
        """Register the checks of product marks and routers, and what wakes the senders."""
        from bots import (
            checks,  # noqa: F401 - registers by decorator
            nudging,
        )
        from bots.services import outbox

        if settings.NUDGE_SENDERS:
            outbox.on_nudge(partial(nudging.wake, "bots.tasks.deliver"))
