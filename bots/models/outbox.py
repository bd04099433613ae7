"""What goes out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.bot import Bot
from bots.models.broadcast import Broadcast
from tenants.models import TenantOwned


class OutboxMessage(TenantOwned):
    """One Bot API call, written in the transaction that wants it and delivered after it."""

    class State(models.TextChoices):
        """Where the call stands."""

        DUE = "due", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")
        BLOCKED = "blocked", _("blocked by the person")
        HELD = "held", _("paused")
        CANCELLED = "cancelled", _("cancelled")

    class Priority(models.IntegerChoices):
        """Replies go before notices, notices before bulk."""

        REPLY = 0, _("reply")
        NOTICE = 5, _("notice")
        BULK = 9, _("broadcast")

    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    bot = models.ForeignKey(
        Bot, on_delete=models.CASCADE, db_constraint=False, db_index=False, related_name="outbox"
    )
    chat_id = models.BigIntegerField(null=True)
    method = models.CharField(max_length=40)
    params = models.JSONField()
    # PostedMessage.slot: what this call posts under, or edits
    slot = models.CharField(max_length=64, blank=True)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.REPLY)
    state = models.CharField(max_length=9, choices=State, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    # Tried, or refused by the limits, and waiting for `due_at`: what comes after it in its chat
    # waits too. A message that was wanted for later from the start holds nobody back.
    is_put_off = models.BooleanField(default=False, db_default=False, editable=False)
    # The sender that took it (Bot.sender_lease): an outcome counts only while this still holds.
    lease = models.CharField(max_length=32, blank=True, default="", db_default="", editable=False)
    created_at = models.DateTimeField()
    sent_at = models.DateTimeField(null=True)
    message_id = models.BigIntegerField(null=True)
    error = models.CharField(max_length=300, blank=True)
    broadcast = models.ForeignKey(
        Broadcast, null=True, on_delete=models.CASCADE, related_name="messages"
    )

    class Meta(TenantOwned.Meta):
        verbose_name = _("outgoing message")
        verbose_name_plural = _("outgoing messages")
        indexes = [
            models.Index(
                fields=["bot", "due_at"],
                name="outbox_waiting",
                condition=models.Q(state__in=["due", "sending"]),
            ),
            models.Index(
                fields=["bot", "chat_id"],
                name="outbox_by_chat",
                condition=models.Q(state__in=["due", "sending"]),
            ),
            models.Index(fields=["bot", "created_at"], name="outbox_by_time"),
            # few among many that were sent: a bot's page of failures, and the operators' list
            models.Index(
                fields=["bot", "created_at", "id"],
                name="outbox_failed",
                condition=models.Q(state="failed"),
            ),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["broadcast", "chat_id"],
                name="broadcast_once_per_chat",
                condition=models.Q(broadcast__isnull=False),
            )
        ]

    def __str__(self) -> str:
        return f"{self.method} -> {self.chat_id}"


class PostedMessage(TenantOwned):
    """A message that will be edited later, remembered by a name of the product's choosing."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="posted")
    slot = models.CharField(max_length=64)
    chat_id = models.BigIntegerField()
    message_id = models.BigIntegerField()
    has_photo = models.BooleanField(default=False)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["bot", "slot"], name="slot_once_per_bot")]

    def __str__(self) -> str:
        return self.slot
