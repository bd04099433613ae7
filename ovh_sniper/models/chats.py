"""What was asked for in a chat and still waits for a word."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Person
from tenants.ids import public_id
from tenants.models import TenantOwned


class ChatRequest(TenantOwned):
    """An order that was previewed in a chat: its buttons survive restarts, expire, and act once."""

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    # what to order, as services/chat/commands.py reads it
    wanted = models.JSONField(default=dict)
    expires_at = models.DateTimeField(db_index=True)
    taken_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("request in a chat")
        verbose_name_plural = _("requests in chats")

    def __str__(self) -> str:
        return self.public_id
