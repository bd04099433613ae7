"""Price lists as last fetched, and what changed in them."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from ovh_sniper.models.accounts import HOSTS


class StoredCatalogue(models.Model):
    """The price list of one subsidiary."""

    host = models.CharField(max_length=2, choices=HOSTS)
    subsidiary = models.CharField(max_length=4)
    catalogue_id = models.BigIntegerField(default=0)
    currency = models.CharField(max_length=3, blank=True)
    tax_rate = models.DecimalField(max_digits=6, decimal_places=3, default=0)  # percent
    # the gateway's Catalogue, as compressed JSON (services/catalogue/catalogues.py)
    body = models.BinaryField(default=b"")
    digest = models.CharField(max_length=64, blank=True)
    fetched_at = models.DateTimeField(null=True)
    changed_at = models.DateTimeField(null=True)
    # the next fetch, or a worker's hold
    retry_at = models.DateTimeField(null=True)
    failures = models.PositiveSmallIntegerField(default=0)  # in a row
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["host", "subsidiary"], name="ovh_catalogue_once")
        ]

    def __str__(self) -> str:
        return f"{self.host}/{self.subsidiary}"


class StoredPlan(models.Model):
    """A plan with its own prices, for lists and search; money without tax."""

    catalogue = models.ForeignKey(StoredCatalogue, on_delete=models.CASCADE, related_name="plans")
    plan_code = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    product = models.CharField(max_length=80, blank=True)
    range = models.CharField(max_length=40, blank=True)
    setup = models.DecimalField(max_digits=14, decimal_places=4)
    first_period = models.DecimalField(max_digits=14, decimal_places=4)  # promotion applied
    renewal = models.DecimalField(max_digits=14, decimal_places=4)
    promotion = models.CharField(max_length=120, blank=True)
    promotion_ends_at = models.DateTimeField(null=True)
    datacenters = models.JSONField(default=list)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["catalogue", "plan_code"], name="ovh_plan_once")
        ]

    def __str__(self) -> str:
        return self.plan_code


class CatalogueChange(models.Model):
    """A new plan, a plan that went, a price or a promotion that changed."""

    class Kind(models.TextChoices):
        """What happened."""

        NEW = "new", _("new plan")
        GONE = "gone", _("no longer sold")
        PRICE = "price", _("price changed")
        PROMOTION = "promotion", _("promotion")

    catalogue = models.ForeignKey(StoredCatalogue, on_delete=models.CASCADE, related_name="changes")
    plan_code = models.CharField(max_length=80)
    name = models.CharField(max_length=200)
    kind = models.CharField(max_length=9, choices=Kind)
    before = models.JSONField(default=dict)  # {"setup": "0.00", "first_period": ..., ...}
    after = models.JSONField(default=dict)
    noticed_at = models.DateTimeField(db_index=True)

    class Meta:
        verbose_name = _("catalogue change")
        verbose_name_plural = _("catalogue changes")

    def __str__(self) -> str:
        return f"{self.plan_code}: {self.kind}"
