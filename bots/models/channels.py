"""How staff hear of things: channels and the notices sent through them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.bot import Bot
from tenants.fields import EncryptedJSONField, EncryptedTextField
from tenants.ids import public_id
from tenants.models import TenantOwned


class Channel(TenantOwned):
    """A place where notices go, and which kinds of event go there."""

    class Kind(models.TextChoices):
        """The ways we can tell somebody."""

        TELEGRAM = "telegram", _("Telegram chat")
        FEISHU = "feishu", _("Feishu custom bot")
        EMAIL = "email", _("e-mail")
        WEBHOOK = "webhook", _("signed webhook")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind)
    name = models.CharField(_("name"), max_length=60)
    # chat id, hook address, e-mail address or URL; a Feishu address is itself a secret
    target = EncryptedTextField()
    secret = EncryptedTextField(blank=True, default="")
    bot = models.ForeignKey(Bot, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    # event kinds as in bots/events.py; an empty list means all
    events = models.JSONField(_("events"), default=list, blank=True)
    is_active = models.BooleanField(_("active"), default=True)
    last_ok_at = models.DateTimeField(null=True, editable=False)
    last_error = models.CharField(max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("notification channel")
        verbose_name_plural = _("notification channels")

    def __str__(self) -> str:
        return self.name


class Notice(TenantOwned):
    """One event on its way through one channel."""

    class State(models.TextChoices):
        """Where it stands."""

        DUE = "due", _("waiting")
        SENDING = "sending", _("being sent")
        SENT = "sent", _("sent")
        FAILED = "failed", _("failed")

    channel = models.ForeignKey(Channel, on_delete=models.CASCADE, related_name="notices")
    event = models.CharField(max_length=40)
    title = models.CharField(max_length=200)
    text = models.TextField()
    data = models.JSONField(default=dict)
    # list of bots.blocks.stored; encrypted, since a link in it may act for whoever opens it
    blocks = EncryptedJSONField(null=True, editable=False)
    # how many blocks there was no room for
    left_out = models.PositiveIntegerField(default=0, editable=False)
    # what belongs together: notices of one event and group that still wait become one
    group = models.CharField(max_length=80, blank=True, editable=False)
    # the title once there are several blocks, with %(count)s in it
    many = models.CharField(max_length=200, blank=True, editable=False)
    colour = models.CharField(max_length=12, blank=True, editable=False)
    state = models.CharField(max_length=8, choices=State, default=State.DUE)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    error = models.CharField(max_length=300, blank=True)

    class Meta(TenantOwned.Meta):
        indexes = [
            models.Index(
                fields=["due_at"],
                name="notice_waiting",
                condition=models.Q(state__in=["due", "sending"]),
            )
        ]

    def __str__(self) -> str:
        return self.title
