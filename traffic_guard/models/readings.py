"""What was read: the billed rest of packages, and outbound bytes of servers by the hour."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.models import TenantOwned
from traffic_guard.models.servers import Package, Server


class Reading(TenantOwned):
    """What a package had left at one moment; thinned with age."""

    class Grain(models.TextChoices):
        """Of how long it is the only one left."""

        RAW = "raw", _("every reading")
        HOUR = "hour", _("the last of an hour")
        DAY = "day", _("the last of a day")

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="readings")
    at = models.DateTimeField()
    remaining_bytes = models.BigIntegerField()
    total_bytes = models.BigIntegerField()
    # as the cloud said it
    raw_amount = models.CharField(max_length=40)
    unit_id = models.CharField(max_length=20)
    cycle_start = models.DateTimeField()
    cycle_end = models.DateTimeField()
    # outbound bytes that the live counter saw since the billed figure last moved; None: not asked
    live_bytes = models.BigIntegerField(null=True)
    grain = models.CharField(max_length=4, choices=Grain, default=Grain.RAW)

    class Meta(TenantOwned.Meta):
        verbose_name = _("reading")
        verbose_name_plural = _("readings")
        constraints = [
            models.UniqueConstraint(fields=["package", "at"], name="traffic_reading_once")
        ]
        indexes = [models.Index(fields=["grain", "at"], name="traffic_reading_thin")]

    def __str__(self) -> str:
        return f"{self.package_id}@{self.at:%Y-%m-%d %H:%M}"


class OutboundHour(TenantOwned):
    """Bytes that left a server in one hour, by the live counter; an absent hour is unknown."""

    server = models.ForeignKey(Server, on_delete=models.CASCADE, related_name="outbound_hours")
    hour = models.DateTimeField()  # its start
    sent_bytes = models.BigIntegerField()

    class Meta(TenantOwned.Meta):
        verbose_name = _("hour of outbound traffic")
        verbose_name_plural = _("hours of outbound traffic")
        constraints = [models.UniqueConstraint(fields=["server", "hour"], name="traffic_hour_once")]
        indexes = [models.Index(fields=["hour"], name="traffic_hour_age")]

    def __str__(self) -> str:
        return f"{self.server_id}@{self.hour:%Y-%m-%d %H}"


class MeasureUnit(models.Model):
    """A unit of a provider and what it is in bytes; the same for all tenants."""

    provider = models.CharField(max_length=20)
    unit_id = models.CharField(max_length=20)
    name = models.CharField(max_length=80, blank=True)
    # None: the provider knows it, but it is none of traffic or not a whole number of bytes
    in_bytes = models.BigIntegerField(null=True)
    fetched_at = models.DateTimeField()

    class Meta:
        verbose_name = _("unit of a provider")
        verbose_name_plural = _("units of providers")
        constraints = [
            models.UniqueConstraint(fields=["provider", "unit_id"], name="traffic_unit_once")
        ]

    def __str__(self) -> str:
        return f"{self.provider}: {self.unit_id} {self.name}"
