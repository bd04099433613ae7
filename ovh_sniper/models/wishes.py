"""What a tenant wants, and on which terms."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.utils.translation import gettext_lazy as _

from bots.models import Bot, Person
from ovh_sniper.models.accounts import HOSTS, Account
from tenants.ids import public_id
from tenants.models import TenantOwned

MAX_QUANTITY = 100


class Wish(TenantOwned):
    """Hardware, places, number, price: watched for, and alerted of, asked about or ordered."""

    class Mode(models.TextChoices):
        """What happens when stock appears."""

        ALERT = "alert", _("alert only")
        ASK = "ask", _("ask first")
        ORDER = "order", _("order at once")

    class State(models.TextChoices):
        """Whether it is watched for."""

        ARMED = "armed", _("armed")
        PAUSED = "paused", _("paused")
        DONE = "done", _("done")
        EXPIRED = "expired", _("expired")
        STOPPED = "stopped", _("stopped")  # by us, with the reason

    class Track(models.TextChoices):
        """What is watched."""

        DEDICATED = "dedicated", _("dedicated server")
        VPS = "vps", _("VPS (alert only)")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    # None: alerts only
    account = models.ForeignKey(
        Account,
        null=True,
        blank=True,
        on_delete=models.CASCADE,
        related_name="wishes",
        verbose_name=_("OVH account"),
    )
    host = models.CharField(_("host"), max_length=2, choices=HOSTS)
    # whose prices and plans: the account's own, or chosen for alerts
    subsidiary = models.CharField(_("subsidiary"), max_length=4)
    track = models.CharField(max_length=9, choices=Track, default=Track.DEDICATED)
    name = models.CharField(_("name"), max_length=80, blank=True)
    plan_code = models.CharField(_("plan"), max_length=80)
    # product names of the stock list; empty: any
    memory = models.CharField(_("memory"), max_length=80, blank=True)
    storage = models.CharField(_("storage"), max_length=120, blank=True)
    system_storage = models.CharField(_("system disk"), max_length=120, blank=True)
    gpu = models.CharField(_("GPU"), max_length=80, blank=True)
    # addon codes by family for what the stock list does not tell apart (bandwidth, vrack)
    extras = models.JSONField(_("extras"), default=dict, blank=True)
    # in order of preference; empty: any
    datacenters = models.JSONField(_("datacenters"), default=list, blank=True)
    quantity = models.PositiveSmallIntegerField(
        _("how many"),
        default=1,
        validators=[MinValueValidator(1), MaxValueValidator(MAX_QUANTITY)],
    )
    max_delivery_hours = models.PositiveSmallIntegerField(
        _("longest delivery (hours)"), null=True, blank=True
    )
    # per server, with tax, in the subsidiary's currency; None: no cap
    cap_due_now = models.DecimalField(
        _("most to pay now"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    cap_renewal = models.DecimalField(
        _("most per renewal"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    # for this wish's orders together, with tax
    budget_day = models.DecimalField(
        _("budget a day"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    budget_month = models.DecimalField(
        _("budget a month"), max_digits=12, decimal_places=2, null=True, blank=True
    )
    # when it may act, in the tenant's time zone: days (0-6, Monday first), from and to ("09:00");
    # always, if it has none
    schedule = models.JSONField(_("schedule"), default=dict, blank=True)
    expires_at = models.DateTimeField(_("ends"), null=True, blank=True)
    mode = models.CharField(_("when it appears"), max_length=5, choices=Mode, default=Mode.ALERT)
    autopay = models.BooleanField(_("pay automatically"), default=False)
    waive_retractation = models.BooleanField(_("waive the right of withdrawal"), default=False)
    dry_run = models.BooleanField(_("dry run"), default=False)
    # refuse a second manual order of the same account, plan and datacenter within two minutes
    guards_repeats = models.BooleanField(_("guard against repeats"), default=True)
    state = models.CharField(max_length=7, choices=State, default=State.ARMED, editable=False)
    state_reason = models.CharField(max_length=300, blank=True, editable=False)
    # the bot that tells of it, and who wished in a chat; None: the tenant's first bot, the portal
    bot = models.ForeignKey(Bot, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    person = models.ForeignKey(Person, null=True, on_delete=models.SET_NULL, related_name="+")
    # when what is in stock is to be looked at again for it; None: when stock moves
    retry_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("wish")
        verbose_name_plural = _("wishes")
        constraints = [
            models.CheckConstraint(condition=models.Q(quantity__gte=1), name="ovh_wish_quantity"),
            models.CheckConstraint(
                condition=models.Q(mode="alert") | models.Q(account__isnull=False),
                name="ovh_wish_orders_with_account",
            ),
        ]
        indexes = [
            models.Index(
                fields=["host", "plan_code"],
                name="ovh_wish_armed",
                condition=models.Q(state="armed"),
            ),
            models.Index(
                fields=["retry_at"],
                name="ovh_wish_due",
                condition=models.Q(state="armed", retry_at__isnull=False),
            ),
            models.Index(
                fields=["expires_at"],
                name="ovh_wish_ending",
                condition=models.Q(state="armed", expires_at__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return self.name or self.plan_code
