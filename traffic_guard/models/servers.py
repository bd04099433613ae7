"""Servers, their traffic packages, and which package pays for which server."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from tenants.ids import public_id
from tenants.models import TenantOwned
from traffic_guard.models.accounts import Account


class Server(TenantOwned):
    """One server of an account, found or entered by hand; never deleted, only hidden."""

    class Kind(models.TextChoices):
        """How it is sold."""

        FLEXUS = "flexus", _("Flexus L")
        ECS = "ecs", _("ECS")

    class Power(models.TextChoices):
        """The live state, in our words; values are gateways.cloud.Power's."""

        UNKNOWN = "unknown", _("unknown")
        RUNNING = "running", pgettext_lazy("server", "running")
        STOPPING = "stopping", _("stopping")
        STOPPED = "stopped", _("stopped")
        STARTING = "starting", _("starting")
        REBOOTING = "rebooting", _("rebooting")
        GONE = "gone", _("no longer there")
        OTHER = "other", _("in another state")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="servers")
    kind = models.CharField(_("kind"), max_length=6, choices=Kind, default=Kind.FLEXUS)
    plan_id = models.CharField(max_length=80, blank=True)
    region = models.CharField(_("region"), max_length=40)
    project_id = models.CharField(_("project id"), max_length=64)
    cloud_id = models.CharField(_("server id"), max_length=64)  # the cloud's name for it
    name = models.CharField(_("name"), max_length=128)
    # public addresses, as text; and [{"eip_id", "address", "bandwidth_id"}] for the live counter
    addresses = models.JSONField(default=list)
    eips = models.JSONField(default=list, editable=False)
    eips_at = models.DateTimeField(null=True, editable=False)
    # prepaid, usage, spot or empty: what keeps costing money once it is stopped
    charging = models.CharField(max_length=8, blank=True)
    tags = models.JSONField(default=dict, editable=False)
    is_manual = models.BooleanField(default=False)  # entered by hand: no search takes it away
    # last time a search listed it; and since when searches do not
    seen_at = models.DateTimeField(null=True, editable=False)
    missing_since = models.DateTimeField(null=True, editable=False)
    hidden_at = models.DateTimeField(null=True, editable=False)  # the tenant took it off the list
    # --- live state
    power = models.CharField(max_length=9, choices=Power, default=Power.UNKNOWN, editable=False)
    raw_status = models.CharField(max_length=40, blank=True, editable=False)
    task_state = models.CharField(max_length=40, blank=True, editable=False)
    is_locked = models.BooleanField(default=False, editable=False)
    is_frozen = models.BooleanField(default=False, editable=False)
    power_at = models.DateTimeField(null=True, editable=False)  # when it was read
    # when it was last started, stopped or otherwise changed, as the cloud says; None: unknown
    changed_at = models.DateTimeField(null=True, editable=False)
    # --- what people decided
    is_protected = models.BooleanField(_("protected: never stopped automatically"), default=False)
    protected_by = models.CharField(max_length=120, blank=True, editable=False)
    # automatic stops rest until then; or while the cycle ends at that time ("skip this cycle")
    paused_until = models.DateTimeField(null=True, editable=False)
    skipped_cycle_end = models.DateTimeField(null=True, editable=False)
    # the stop of ours that keeps it off; None again once anybody started it
    kept_off_by = models.ForeignKey(
        "traffic_guard.PowerAction", null=True, on_delete=models.SET_NULL, related_name="+"
    )
    # --- the newest sum of its packages; all None: unknown
    remaining_bytes = models.BigIntegerField(null=True, editable=False)
    total_bytes = models.BigIntegerField(null=True, editable=False)
    # remaining less what the live counter saw since the bill last moved
    live_remaining_bytes = models.BigIntegerField(null=True, editable=False)
    percent_left = models.FloatField(null=True, editable=False)  # of live, else billed; 0 to 100
    cycle_start = models.DateTimeField(null=True, editable=False)
    cycle_end = models.DateTimeField(null=True, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    # --- forecast: bytes an hour, and when nothing is left (None: not within this cycle)
    burn_rate = models.FloatField(null=True, editable=False)
    runs_out_at = models.DateTimeField(null=True, editable=False)
    # --- the guard's newest verdict (services/guarding), and since when
    verdict = models.CharField(max_length=40, blank=True, editable=False)
    verdict_at = models.DateTimeField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("server")
        verbose_name_plural = _("servers")
        constraints = [
            models.UniqueConstraint(fields=["account", "cloud_id"], name="traffic_server_once")
        ]
        indexes = [
            models.Index(
                fields=["tenant", "percent_left"],
                name="traffic_server_least",
                condition=Q(hidden_at=None),
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def place(self) -> tuple[str, str]:
        """Region and project id: what every call about it needs."""
        return self.region, self.project_id


class Package(TenantOwned):
    """A traffic package: so many bytes a cycle. Bundled with one server, or shared in a region."""

    class Kind(models.TextChoices):
        """What it is bound to."""

        BUNDLED = "bundled", _("bundled with a server")
        SHARED = "shared", _("shared in a region")

    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="packages")
    kind = models.CharField(max_length=7, choices=Kind, default=Kind.BUNDLED)
    cloud_id = models.CharField(_("package id"), max_length=64)
    name = models.CharField(_("name"), max_length=160, blank=True)
    region = models.CharField(max_length=40, blank=True)
    # the type of addresses that a shared one pays for (gateways/quota.py); empty: unknown
    line = models.CharField(max_length=10, blank=True, editable=False)
    # a renewal that is in effect in its place
    successor = models.ForeignKey(
        "self", null=True, on_delete=models.SET_NULL, related_name="predecessors"
    )
    # --- the newest reading; remaining None: unknown, and `trouble` says why
    remaining_bytes = models.BigIntegerField(null=True, editable=False)
    total_bytes = models.BigIntegerField(null=True, editable=False)
    raw_amount = models.CharField(max_length=40, blank=True, editable=False)
    unit_id = models.CharField(max_length=20, blank=True, editable=False)
    cycle_start = models.DateTimeField(null=True, editable=False)
    cycle_end = models.DateTimeField(null=True, editable=False)
    is_resetting = models.BooleanField(default=True, editable=False)
    read_at = models.DateTimeField(null=True, editable=False)
    # when the billed figure last moved: what is later is only in the live counter
    moved_at = models.DateTimeField(null=True, editable=False)
    # end of the cycle that was running when it was first read: dry runs last that long
    first_cycle_end = models.DateTimeField(null=True, editable=False)
    # why it is unknown, a word of services/readings/judging.py; empty: it is known
    trouble = models.CharField(max_length=20, blank=True, editable=False)
    trouble_since = models.DateTimeField(null=True, editable=False)
    misses = models.PositiveSmallIntegerField(default=0, editable=False)  # polls in a row
    ended_at = models.DateTimeField(null=True, editable=False)  # expired, or not listed any more
    # when what was booked before the first reading is fetched, or a worker's hold; None: it was
    backfill_at = models.DateTimeField(null=True, editable=False)
    servers = models.ManyToManyField(Server, through="ServerPackage", related_name="packages")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta(TenantOwned.Meta):
        verbose_name = _("traffic package")
        verbose_name_plural = _("traffic packages")
        constraints = [
            models.UniqueConstraint(fields=["account", "cloud_id"], name="traffic_package_once")
        ]

    def __str__(self) -> str:
        return self.name or self.cloud_id


class ServerPackage(TenantOwned):
    """A package that a server uses, and whose end may stop that server."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="links")
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="links")
    # the tenant named this server for a shared package; a search found all others
    is_chosen = models.BooleanField(default=False)

    class Meta(TenantOwned.Meta):
        verbose_name = _("package of a server")
        verbose_name_plural = _("packages of servers")
        constraints = [
            models.UniqueConstraint(fields=["server", "package"], name="traffic_link_once")
        ]

    def __str__(self) -> str:
        return f"{self.server_id}: {self.package_id}"
