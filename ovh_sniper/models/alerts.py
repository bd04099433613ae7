"""What staff is told in chats, and how it wants to be told."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Chat
from ovh_sniper.models.wishes import Wish
from tenants.ids import public_id
from tenants.models import TenantOwned


class Alert(TenantOwned):
    """Stock of one wish, configuration and datacenter: one event, one message each chat."""

    class State(models.TextChoices):
        """What the message says now."""

        OPEN = "open", _("in stock")
        ENDED = "ended", _("sold out")
        ORDERED = "ordered", _("ordered")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    wish = models.ForeignKey(Wish, on_delete=models.CASCADE, related_name="alerts")
    interval_id = models.BigIntegerField()  # StockInterval
    fqn = models.CharField(max_length=200)
    plan_code = models.CharField(max_length=80)
    datacenter = models.CharField(max_length=24)
    availability = models.CharField(max_length=16)
    # prices as computed at the time (with tax), and how long it had been out (seconds)
    due_now = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    renewal = models.DecimalField(max_digits=12, decimal_places=2, null=True)
    currency = models.CharField(max_length=3, blank=True)
    out_for = models.PositiveIntegerField(null=True)
    was_refused_at = models.DateTimeField(null=True)  # ghost stock
    state = models.CharField(max_length=7, choices=State, default=State.OPEN)
    stock_seen_at = models.DateTimeField()
    created_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("alert")
        verbose_name_plural = _("alerts")
        constraints = [
            models.UniqueConstraint(fields=["wish", "interval_id"], name="ovh_alert_once")
        ]
        indexes = [
            models.Index(fields=["tenant", "-created_at"], name="ovh_alert_latest"),
            models.Index(
                fields=["interval_id"], name="ovh_alert_open", condition=models.Q(state="open")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.fqn}@{self.datacenter}"


class AlertMessage(TenantOwned):
    """One message in one chat; several alerts that come together share one."""

    bot = models.ForeignKey(Bot, on_delete=models.CASCADE, related_name="+")
    chat_id = models.BigIntegerField()  # Telegram's
    alerts = models.ManyToManyField(Alert, through="AlertLine", related_name="messages")
    slot = models.CharField(max_length=64)  # bots.services.outbox: the message's name
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["bot", "slot"], name="ovh_slot_once")]

    def __str__(self) -> str:
        return self.slot


class AlertLine(TenantOwned):
    """An alert as part of a message."""

    message = models.ForeignKey(AlertMessage, on_delete=models.CASCADE, related_name="lines")
    alert = models.ForeignKey(Alert, on_delete=models.CASCADE, related_name="lines")

    class Meta(TenantOwned.Meta):
        constraints = [models.UniqueConstraint(fields=["message", "alert"], name="ovh_line_once")]

    def __str__(self) -> str:
        return f"{self.message_id}: {self.alert_id}"


class Preferences(TenantOwned):
    """A tenant's settings of this product; one row."""

    # seconds between looks while something of this tenant is armed; the host's poller keeps the
    # shortest of all tenants', never below the operators' floor
    interval = models.PositiveSmallIntegerField(_("look every (seconds)"), default=5)
    # alerts also go to this group or channel; linked staff gets them in private
    chat = models.ForeignKey(
        Chat,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        verbose_name=_("post alerts in"),
    )
    tells_staff = models.BooleanField(_("tell linked staff in private"), default=True)
    muted_until = models.DateTimeField(null=True, blank=True)
    # hour of the day in the tenant's time zone; None: no digest
    digest_hour = models.PositiveSmallIntegerField(_("daily digest at"), null=True, blank=True)
    digest_sent_on = models.DateField(null=True, editable=False)
    # a chat command asks before more orders than this, or a larger total (with tax)
    confirm_above = models.PositiveSmallIntegerField(_("confirm above (orders)"), default=1)
    confirm_amount = models.DecimalField(
        _("confirm above (amount)"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    tells_catalogue = models.BooleanField(_("tell of new plans and prices"), default=False)
    # id of the last CatalogueChange that was told; None: none yet, so only later ones are
    catalogue_told = models.BigIntegerField(null=True, editable=False)

    class Meta(TenantOwned.Meta):
        verbose_name = _("settings")
        verbose_name_plural = _("settings")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="ovh_preferences_once")]

    def __str__(self) -> str:
        return str(self.tenant_id)
