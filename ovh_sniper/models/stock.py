"""What the hosts can deliver: the same for all tenants, so kept once and polled once."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ovh_sniper.models.accounts import HOSTS


class Poller(models.Model):
    """How the polling of one host goes; one process at a time holds its lease (tenants/leases)."""

    host = models.CharField(max_length=2, choices=HOSTS, primary_key=True)
    polled_at = models.DateTimeField(null=True)
    succeeded_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    # somebody looks at its pages: it is polled until then, wished for or not
    wanted_until = models.DateTimeField(null=True)
    # how often it asks now, in seconds, and why ("armed", "idle", "backing off", "breaker")
    interval = models.FloatField(default=0)
    cadence = models.CharField(max_length=16, blank=True)
    etag = models.CharField(max_length=200, blank=True)
    digest = models.CharField(max_length=64, blank=True)
    rows = models.PositiveIntegerField(default=0)
    failures = models.PositiveIntegerField(default=0)  # in a row
    last_error = models.CharField(max_length=300, blank=True)
    not_before = models.DateTimeField(null=True)  # back-off, or the breaker is open
    calls = models.PositiveBigIntegerField(default=0)  # upstream calls since ever
    throttled = models.PositiveBigIntegerField(default=0)  # answers 429 since ever
    # counts who wrote last: a process that was put to sleep finds that it is no longer the one
    epoch = models.PositiveBigIntegerField(default=0)
    # another text after each look that found another list (services/stock/summary.py)
    revision = models.CharField(max_length=22, blank=True)

    class Meta:
        verbose_name = _("stock poller")
        verbose_name_plural = _("stock pollers")

    def __str__(self) -> str:
        return self.host


class Unwatched(models.Model):
    """A time in which nobody looked at a host: that no stock was seen in it says nothing."""

    host = models.CharField(max_length=2, choices=HOSTS)
    since = models.DateTimeField()
    until = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["host", "since"], name="ovh_unwatched_of_host")]

    def __str__(self) -> str:
        return f"{self.host}: {self.since}"


class Configuration(models.Model):
    """A row of the stock list: one hardware configuration of a plan."""

    host = models.CharField(max_length=2, choices=HOSTS)
    fqn = models.CharField(max_length=200)
    plan_code = models.CharField(max_length=80)
    # base hardware; of a VPS plan "vps/<subsidiary>", and its system_storage is the system
    server = models.CharField(max_length=80, blank=True)
    # product names as in the catalogue's addons, never codes that can be ordered
    memory = models.CharField(max_length=80, blank=True)
    storage = models.CharField(max_length=120, blank=True)
    system_storage = models.CharField(max_length=120, blank=True)
    gpu = models.CharField(max_length=80, blank=True)
    first_seen = models.DateTimeField()
    last_seen = models.DateTimeField()
    is_gone = models.BooleanField(default=False)  # no longer in the list

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "fqn"], name="ovh_configuration_once")
        ]
        indexes = [models.Index(fields=["host", "plan_code"], name="ovh_configuration_of_plan")]

    def __str__(self) -> str:
        return self.fqn


class Announced(models.Model):
    """OVH says "comingSoon" of a configuration in a datacenter: shown, and never ordered."""

    configuration = models.ForeignKey(
        Configuration, on_delete=models.CASCADE, related_name="announcements"
    )
    datacenter = models.CharField(max_length=24)
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["configuration", "datacenter"], name="ovh_announced_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.configuration_id}@{self.datacenter}"


class StockInterval(models.Model):
    """A time during which one configuration could be ordered in one datacenter."""

    configuration = models.ForeignKey(
        Configuration, on_delete=models.CASCADE, related_name="intervals"
    )
    datacenter = models.CharField(max_length=24)
    availability = models.CharField(max_length=16)  # OVH's word at the latest
    delivery_hours = models.PositiveSmallIntegerField()  # at the latest
    best_hours = models.PositiveSmallIntegerField()  # the quickest of the interval
    opened_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    # there at our first look: nobody knows since when, so statistics of beginnings leave it out
    is_baseline = models.BooleanField(default=False)

    class Meta:
        constraints = [
            # one open interval: two pollers that overlap cannot open two
            models.UniqueConstraint(
                fields=["configuration", "datacenter"],
                condition=models.Q(closed_at=None),
                name="ovh_one_open_interval",
            )
        ]
        indexes = [
            models.Index(fields=["configuration", "opened_at"], name="ovh_interval_history"),
            models.Index(fields=["configuration", "closed_at"], name="ovh_interval_lately"),
            models.Index(fields=["closed_at"], name="ovh_interval_closed"),
        ]

    def __str__(self) -> str:
        return f"{self.configuration_id}@{self.datacenter}"


class GhostStock(models.Model):
    """Stock that was shown and refused at checkout: remembered to warn and to hold back."""

    host = models.CharField(max_length=2, choices=HOSTS)
    fqn = models.CharField(max_length=200)
    plan_code = models.CharField(max_length=80)
    datacenter = models.CharField(max_length=24)
    refusals = models.PositiveIntegerField(default=0)
    last_refused_at = models.DateTimeField()
    # no unattended order is tried before
    hold_until = models.DateTimeField()
    last_ordered_at = models.DateTimeField(null=True)  # an order of it went through

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "fqn", "datacenter"], name="ovh_ghost_once")
        ]
        indexes = [models.Index(fields=["host", "plan_code"], name="ovh_ghost_of_plan")]

    def __str__(self) -> str:
        return f"{self.fqn}@{self.datacenter}"
