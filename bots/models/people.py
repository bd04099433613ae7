"""Who talks to a bot, where, and what about."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models.bot import Bot
from tenants.models import Membership, TenantOwned


class Person(TenantOwned):
    """A Telegram user as one bot knows him: the same user at two bots is two rows."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="people")
    telegram_id = models.BigIntegerField()
    first_name = models.CharField(max_length=256, blank=True)
    last_name = models.CharField(max_length=256, blank=True)
    username = models.CharField(max_length=64, blank=True)
    # what Telegram's client says (an IETF tag), and what the person chose with /language
    client_language = models.CharField(max_length=35, blank=True)
    language = models.CharField(max_length=10, blank=True)
    # whether a private chat exists: a bot cannot write first to somebody who never started it
    has_started = models.BooleanField(default=False)
    blocked_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    seen_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        verbose_name = _("person")
        verbose_name_plural = _("people")
        constraints = [
            models.UniqueConstraint(fields=["bot", "telegram_id"], name="person_once_per_bot")
        ]

    def __str__(self) -> str:
        return self.full_name

    @property
    def full_name(self) -> str:
        """First and last name; never empty."""
        return f"{self.first_name} {self.last_name}".strip() or str(self.telegram_id)


class Chat(TenantOwned):
    """A group or channel that a bot was added to; private chats need no row."""

    class State(models.TextChoices):
        """Whether the bot can write there."""

        ACTIVE = "active", _("active")
        LEFT = "left", _("bot was removed")

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="chats")
    telegram_id = models.BigIntegerField()
    kind = models.CharField(max_length=12)
    title = models.CharField(max_length=256, blank=True)
    username = models.CharField(max_length=64, blank=True)
    is_admin = models.BooleanField(default=False)
    state = models.CharField(max_length=8, choices=State, default=State.ACTIVE)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("chat")
        verbose_name_plural = _("chats")
        constraints = [
            models.UniqueConstraint(fields=["bot", "telegram_id"], name="chat_once_per_bot")
        ]
        indexes = [
            # forms offer the ones that changed last (services/listed_chats.py)
            models.Index(fields=["tenant", "-updated_at"], name="chat_latest"),
            # a bot's page shows the first ones
            models.Index(fields=["bot", "state", "title", "id"], name="chat_of_bot"),
        ]

    def __str__(self) -> str:
        return self.title or str(self.telegram_id)


class Conversation(TenantOwned):
    """The question a bot is waiting to have answered by one person, in the private chat."""

    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="conversation")
    # "<product>:<state>", as registered with `@router.state`
    state = models.CharField(max_length=64)
    data = models.JSONField(default=dict)
    expires_at = models.DateTimeField()

    class Meta(TenantOwned.Meta):
        pass

    def __str__(self) -> str:
        return self.state


class StaffLink(TenantOwned):
    """Ties a portal member to the Telegram account he proved to hold."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="links")
    person = models.OneToOneField(Person, on_delete=models.CASCADE, related_name="staff_link")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"{self.membership} = {self.person}"


class LinkCode(TenantOwned):
    """A one-time code in a deep link; opening it ties the opener to the member who made it."""

    membership = models.ForeignKey(Membership, on_delete=models.CASCADE, related_name="+")
    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="+")
    digest = models.BinaryField(max_length=32, unique=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+"
    )
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        pass

    def __str__(self) -> str:
        return f"link for {self.membership}"
