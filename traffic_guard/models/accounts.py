"""A tenant's accounts at cloud providers."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedTextField
from tenants.ids import public_id
from tenants.models import TenantOwned


class Account(TenantOwned):
    """One account at a cloud: it belongs to exactly one provider and one of its sites."""

    class Rights(models.TextChoices):
        """What its keys are for: decides which permissions are missed."""

        MONITOR = "monitor", _("watch only")
        GUARD = "guard", _("watch, stop and start")

    class State(models.TextChoices):
        """What the cloud said when it was last asked."""

        PENDING = "pending", _("being looked at")
        READY = "ready", _("ready")
        LIMITED = "limited", _("something is missing")
        BROKEN = "broken", _("refused by the cloud")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    name = models.CharField(_("name"), max_length=80)
    # as in gateways/registry.py
    provider = models.CharField(_("cloud"), max_length=20, default="huawei")
    # where the account was opened, whatever the regions of its servers: cn, intl, eu
    site = models.CharField(_("site"), max_length=10, default="cn")
    access_key = EncryptedTextField()
    secret_key = EncryptedTextField()
    # fingerprint of provider and access key, the same in every tenant: the shared limiter's key
    key_mark = models.BinaryField(max_length=32, editable=False)
    domain_id = models.CharField(_("account id"), max_length=64, blank=True)
    rights = models.CharField(
        _("keys are for"), max_length=7, choices=Rights, default=Rights.MONITOR
    )
    state = models.CharField(max_length=7, choices=State, default=State.PENDING, editable=False)
    # what the last check found: [{"code": "...", "api": "...", "action": "..."}]
    findings = models.JSONField(default=list, editable=False)
    # [{"region": "...", "project_id": "..."}] as IAM lists them
    projects = models.JSONField(default=list, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)
    # the next check of the keys, or a worker's hold; None: not until somebody asks
    check_at = models.DateTimeField(null=True, editable=False)
    # the next search for servers, or a worker's hold
    discover_at = models.DateTimeField(null=True, editable=False)
    discovered_at = models.DateTimeField(null=True, editable=False)
    # how the last search went: "", "empty", "fewer", or an error's code
    discovery_note = models.CharField(max_length=40, blank=True, editable=False)
    # the next reading of its packages, or a worker's hold
    poll_at = models.DateTimeField(null=True, editable=False)
    # the end of the last poll, whatever came of it
    polled_at = models.DateTimeField(null=True, editable=False)
    # seconds between two polls as its policy wants them; readings/pacing.py says what is possible
    wanted_seconds = models.PositiveIntegerField(default=900, editable=False)
    # the guard judged what was read then: earlier than `polled_at` means that it has not yet
    evaluated_at = models.DateTimeField(null=True, editable=False)
    # readings in a row that the cloud did not answer, and that it refused
    poll_failures = models.PositiveSmallIntegerField(default=0, editable=False)
    refusals = models.PositiveSmallIntegerField(default=0, editable=False)
    # regions that do not answer, as findings (services/readings/regions.py)
    away = models.JSONField(default=list, editable=False)
    # automatic stops rest because of this code (frozen, denied, ...) until somebody looked
    halted_for = models.CharField(max_length=40, blank=True, editable=False)
    # staff was told that it does not work, and not yet that it does again
    broken_told = models.BooleanField(default=False, editable=False)
    # disconnected: its keys are gone, its history stays
    left_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("cloud account")
        verbose_name_plural = _("cloud accounts")
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], condition=Q(left_at=None), name="traffic_account_name"
            ),
            models.UniqueConstraint(
                fields=["tenant", "key_mark"], condition=Q(left_at=None), name="traffic_key_once"
            ),
        ]
        indexes = [
            models.Index(fields=["poll_at"], name="traffic_account_poll"),
            models.Index(fields=["discover_at"], name="traffic_account_discover"),
            models.Index(fields=["check_at"], name="traffic_account_check"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_usable(self) -> bool:
        """Whether the cloud is asked with its keys at all."""
        return self.left_at is None and self.state in {self.State.READY, self.State.LIMITED}

    def lacks(self, action: str) -> bool:
        """Tell whether the last check saw that the cloud does not let it do this."""
        return any(
            one.get("code") == "missing" and one.get("action") == action for one in self.findings
        )
