"""VPS plans that somebody watches: each subsidiary has a list of its own."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ovh_sniper.models.accounts import HOSTS


class VpsPlan(models.Model):
    """Where one VPS plan can be ordered, as OVH said last; looked at once for all tenants."""

    host = models.CharField(max_length=2, choices=HOSTS)
    subsidiary = models.CharField(max_length=4)
    plan_code = models.CharField(max_length=80)
    # [{"datacenter": "...", "linux": "...", "windows": "...", "days": 0}], OVH's words
    places = models.JSONField(default=list)
    looked_at = models.DateTimeField(null=True)  # the last look that succeeded
    changed_at = models.DateTimeField(null=True)
    # the next look, or a worker's hold
    retry_at = models.DateTimeField(null=True)
    failures = models.PositiveIntegerField(default=0)  # in a row
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        verbose_name = _("VPS plan")
        verbose_name_plural = _("VPS plans")
        constraints = [
            models.UniqueConstraint(
                fields=["host", "subsidiary", "plan_code"], name="ovh_vps_plan_once"
            )
        ]
        indexes = [models.Index(fields=["retry_at"], name="ovh_vps_plan_due")]

    def __str__(self) -> str:
        return f"{self.host}/{self.subsidiary}: {self.plan_code}"
