"""What is done at which rest, and how people are told."""

from __future__ import annotations

from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from bots.models import Chat
from tenants.models import TenantOwned
from traffic_guard.models.accounts import Account
from traffic_guard.models.servers import Server


class Policy(TenantOwned):
    """Rules of the tenant, of one account or of one server; None: as the level above says.

    What holds where nothing is said stands in services/policies/defaults.py.
    """

    class StopMode(models.TextChoices):
        """How a server is stopped."""

        SOFT = "soft", _("ask the system to shut down")
        HARD = "hard", _("cut the power")
        SOFT_THEN_HARD = "escalate", _("ask, then cut the power")

    class DryRun(models.TextChoices):
        """Whether stops are only said and logged."""

        FIRST_CYCLE = "first", _("during the first cycle")
        ALWAYS = "always", _("always")
        NEVER = "never", pgettext_lazy("alert levels", "never")

    # both None: the tenant's; at most one is set
    account = models.ForeignKey(
        Account, null=True, blank=True, on_delete=models.CASCADE, related_name="policies"
    )
    server = models.ForeignKey(
        Server, null=True, blank=True, on_delete=models.CASCADE, related_name="policies"
    )
    # stop at whichever of the two comes first
    threshold_bytes = models.BigIntegerField(_("stop when less is left (bytes)"), null=True)
    threshold_percent = models.FloatField(
        _("stop when less is left (%)"),
        null=True,
        validators=[MinValueValidator(0), MaxValueValidator(99)],
    )
    interval_minutes = models.PositiveSmallIntegerField(
        _("read every (minutes)"),
        null=True,
        validators=[MinValueValidator(5), MaxValueValidator(720)],
    )
    # percent used, in rising order
    # the sign is no placeholder, xgettext:no-python-format
    alert_levels = models.JSONField(_("alert at (% used)"), null=True)
    auto_stop = models.BooleanField(_("stop automatically"), null=True)
    stop_mode = models.CharField(_("how to stop"), max_length=8, choices=StopMode, blank=True)
    hard_after_minutes = models.PositiveSmallIntegerField(
        _("cut the power after (minutes)"),
        null=True,
        validators=[MinValueValidator(2), MaxValueValidator(120)],
    )
    grace_minutes = models.PositiveSmallIntegerField(
        _("grace period (minutes)"), null=True, validators=[MaxValueValidator(1440)]
    )
    # when automatic stops may happen, in the tenant's time zone: tenants/schedules.py, and days on
    # which they never do (["2026-12-24"]); None: inherited, {}: always
    schedule = models.JSONField(_("stops allowed"), null=True)
    skip_dates = models.JSONField(_("days without stops"), null=True)
    dry_run = models.CharField(_("dry run"), max_length=6, choices=DryRun, blank=True)
    resume_at_reset = models.BooleanField(_("start again at the reset"), null=True)
    # after somebody started by hand what we had stopped, and it is still below
    restop = models.BooleanField(_("stop again after a manual start"), null=True)
    # points of percent that the rest must rise above a level before it can alert again
    margin_percent = models.FloatField(
        _("margin (points)"),
        null=True,
        validators=[MinValueValidator(0), MaxValueValidator(50)],
    )
    # an older reading counts as unknown
    max_age_minutes = models.PositiveSmallIntegerField(
        _("readings are good for (minutes)"),
        null=True,
        validators=[MinValueValidator(30), MaxValueValidator(1440)],
    )
    changed_at = models.DateTimeField(auto_now=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("policy")
        verbose_name_plural = _("policies")
        constraints = [
            models.CheckConstraint(
                condition=Q(account=None) | Q(server=None), name="traffic_policy_one_level"
            ),
            models.UniqueConstraint(
                fields=["tenant"],
                condition=Q(account=None, server=None),
                name="traffic_policy_tenant",
            ),
            models.UniqueConstraint(
                fields=["account"], condition=Q(server=None), name="traffic_policy_account"
            ),
            models.UniqueConstraint(fields=["server"], name="traffic_policy_server"),
        ]

    def __str__(self) -> str:
        return str(self.server_id or self.account_id or self.tenant_id)


class Preferences(TenantOwned):
    """A tenant's settings of this product; one row."""

    # cards with buttons also go to this group; linked staff gets them in private
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
    # all automatic stops rest until then (/pause)
    paused_until = models.DateTimeField(null=True, editable=False)
    # hour of the day in the tenant's time zone; None: no digest
    daily_hour = models.PositiveSmallIntegerField(_("daily digest at"), null=True, blank=True)
    daily_sent_on = models.DateField(null=True, editable=False)
    # day of the week (0 is Monday) at `weekly_hour`; None: no weekly digest
    weekly_day = models.PositiveSmallIntegerField(_("weekly digest on"), null=True, blank=True)
    weekly_hour = models.PositiveSmallIntegerField(_("weekly digest at"), default=9)
    weekly_sent_on = models.DateField(null=True, editable=False)
    # servers stopped by the guard in one run, and in an hour; above it people are asked
    stops_per_run = models.PositiveSmallIntegerField(
        _("most stops in one run"), default=3, validators=[MinValueValidator(1)]
    )
    stops_per_hour = models.PositiveSmallIntegerField(
        _("most stops in an hour"), default=10, validators=[MinValueValidator(1)]
    )
    # what a GB above the package costs: the money at risk
    excess_price = models.DecimalField(
        _("price of a GB above the package"),
        max_digits=8,
        decimal_places=4,
        null=True,
        blank=True,
    )
    excess_currency = models.CharField(_("currency"), max_length=3, blank=True, default="CNY")

    class Meta(TenantOwned.Meta):
        verbose_name = _("settings")
        verbose_name_plural = _("settings")
        constraints = [models.UniqueConstraint(fields=["tenant"], name="traffic_preferences_once")]

    def __str__(self) -> str:
        return str(self.tenant_id)
