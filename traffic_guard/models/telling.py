"""What was told together in chats, and what somebody asked for there and has yet to confirm."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Person
from tenants.ids import public_id
from tenants.models import TenantOwned
from traffic_guard.models.guarding import PlannedStop, PowerAction
from traffic_guard.models.servers import Server


class Bulletin(TenantOwned):
    """What was told together: one message in each chat, changed as long as it matters."""

    class Kind(models.TextChoices):
        """What it speaks of."""

        ALERTS = "alerts", _("alerts")
        STOPS = "stops", _("planned stops")
        RESULTS = "results", _("what became of stops and starts")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    kind = models.CharField(max_length=7, choices=Kind)
    opened_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        verbose_name = _("message about servers")
        verbose_name_plural = _("messages about servers")
        indexes = [
            models.Index(fields=["tenant", "kind", "-opened_at"], name="traffic_bulletin_latest")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"


class BulletinLine(TenantOwned):
    """One thing in it, of one server."""

    bulletin = models.ForeignKey(Bulletin, on_delete=models.CASCADE, related_name="lines")
    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="+")
    # a kind of services/telling/alerts.py, "stop" for a planned stop, "result" for an action
    topic = models.CharField(max_length=12)
    planned_stop = models.ForeignKey(
        PlannedStop, null=True, on_delete=models.CASCADE, related_name="told_in"
    )
    action = models.ForeignKey(
        PowerAction, null=True, on_delete=models.CASCADE, related_name="told_in"
    )
    # what was said of it and is in no other row: level, trouble, why nothing will be stopped
    facts = models.JSONField(default=dict)

    class Meta(TenantOwned.Meta):
        verbose_name = _("line of a message about servers")
        verbose_name_plural = _("lines of messages about servers")

    def __str__(self) -> str:
        return f"{self.server_id}: {self.topic}"


class ChatRequest(TenantOwned):
    """Stops or starts that somebody typed in a chat: good for ten minutes and for one answer."""

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.CASCADE, related_name="+")
    chat_id = models.BigIntegerField()  # where it was asked, and its progress is shown
    kind = models.CharField(max_length=6, choices=PowerAction.Kind)
    # public ids of the servers that were named in the question
    servers = models.JSONField(default=list)
    # of the actions that came of it (PowerAction.batch)
    batch = models.CharField(max_length=22, blank=True)
    expires_at = models.DateTimeField()
    taken_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("request typed in a chat")
        verbose_name_plural = _("requests typed in chats")
        indexes = [models.Index(fields=["batch"], name="traffic_request_batch")]

    def __str__(self) -> str:
        return f"{self.kind} {self.public_id}"
