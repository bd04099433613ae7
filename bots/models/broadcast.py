"""A message to all people of a bot."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.bot import Bot
from tenants.ids import public_id
from tenants.models import TenantOwned


class Broadcast(TenantOwned):
    """One text for everybody who started the bot and did not block it.

    `cursor` is the id of the last person whose message stands in the outbox; unique
    (broadcast, chat) there keeps a crash between the two from writing to anybody twice.
    """

    class State(models.TextChoices):
        """Where it stands."""

        RUNNING = "running", _("running")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        CANCELLED = "cancelled", _("cancelled")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="broadcasts")
    text = models.TextField(_("text"), max_length=4096)
    state = models.CharField(max_length=9, choices=State, default=State.RUNNING)
    cursor = models.BigIntegerField(default=0)
    total = models.PositiveIntegerField(default=0)
    sent = models.PositiveIntegerField(default=0)
    blocked = models.PositiveIntegerField(default=0)
    failed = models.PositiveIntegerField(default=0)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("broadcast")
        verbose_name_plural = _("broadcasts")

    def __str__(self) -> str:
        return self.text[:40]
