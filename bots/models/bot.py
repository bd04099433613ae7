"""A tenant's Telegram bot."""

from __future__ import annotations

from typing import ClassVar, Self, TypeVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.ids import public_id
from tenants.models import TenantManager, TenantOwned, TenantQuerySet

B = TypeVar("B", bound=models.Model, covariant=True)


class BotManager(TenantManager[B]):
    """Leaves out bots that were deleted and whose rows are still being removed."""

    def get_queryset(self) -> TenantQuerySet[B]:
        """Return the open scope's bots."""
        return super().get_queryset().filter(deleted_at=None)


class Bot(TenantOwned):
    """One bot: its token, its webhook, the products switched on."""

    class State(models.TextChoices):
        """Whether the bot answers."""

        DISABLED = "disabled", _("switched off")
        ENABLED = "enabled", _("online")
        BROKEN = "broken", _("needs attention")

    class Delivery(models.TextChoices):
        """How updates reach us."""

        WEBHOOK = "webhook", _("webhook")
        POLLING = "polling", _("long polling")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    telegram_id = models.BigIntegerField(unique=True, editable=False)
    username = models.CharField(max_length=64)
    name = models.CharField(_("name"), max_length=64)
    token = EncryptedTextField()
    # HMAC of the token: the same token cannot be connected twice, whoever owns it
    token_fingerprint = models.BinaryField(max_length=32, unique=True, editable=False)
    # SHA-256 of the last path segment of the webhook's address and of its secret; fresh ones at
    # each registration, the ones before stay good for the updates under way (services/hooks.py)
    hook_digest = models.BinaryField(max_length=32, unique=True, null=True, editable=False)
    secret_digest = models.BinaryField(max_length=32, null=True, editable=False)
    previous_hook_digest = models.BinaryField(max_length=32, unique=True, null=True, editable=False)
    previous_secret_digest = models.BinaryField(max_length=32, null=True, editable=False)
    previous_until = models.DateTimeField(null=True, editable=False)
    products = models.JSONField(_("products"), default=list)
    language = models.CharField(
        _("language"), max_length=10, choices=settings.LANGUAGES, default="en"
    )
    delivery = models.CharField(
        _("delivery"), max_length=10, choices=Delivery, default=Delivery.WEBHOOK
    )
    state = models.CharField(_("state"), max_length=10, choices=State, default=State.DISABLED)
    state_reason = models.CharField(max_length=300, blank=True)
    # Grows with every change that the webhook must see at once: web processes keep bots in memory
    # and compare this number inside the update's transaction.
    version = models.PositiveIntegerField(default=1, editable=False)
    # The sender's lease: one process at a time delivers a bot's messages, so order is kept.
    sender_lease = models.CharField(max_length=32, blank=True, editable=False)
    sender_lease_until = models.DateTimeField(null=True, editable=False)
    # Telegram said 429: nothing goes out before (by the database's clock, as the lease)
    send_after = models.DateTimeField(null=True, editable=False)
    # getWebhookInfo as last seen: pending, last error, when, whether the address is ours
    health = models.JSONField(default=dict, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    # services/removing.py: for everybody else the bot is gone from then on
    deleted_at = models.DateTimeField(null=True, editable=False)

    objects: ClassVar[TenantManager[Self]] = BotManager()
    everything: ClassVar[TenantManager[Self]] = TenantManager()

    class Meta(TenantOwned.Meta):
        verbose_name = _("bot")
        verbose_name_plural = _("bots")
        indexes = [
            models.Index(fields=["tenant", "state"], name="bot_by_state"),
            models.Index(
                fields=["deleted_at"],
                name="bot_deleted",
                condition=models.Q(deleted_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"@{self.username}"

    @property
    def link(self) -> str:
        """The address that opens a chat with the bot."""
        return f"https://t.me/{self.username}"
