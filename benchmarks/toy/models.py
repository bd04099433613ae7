"""What the toy product reads and writes."""

from __future__ import annotations

from django.db import models

from tenants.models import TenantOwned


class Topic(TenantOwned):
    """What people of one bot write notes about: the row that every command reads."""

    bot_id = models.BigIntegerField(unique=True)
    title = models.CharField(max_length=80)

    class Meta(TenantOwned.Meta):
        pass

    def __str__(self) -> str:
        return self.title


class Note(TenantOwned):
    """The row that every command writes."""

    # as in every busy table of ours
    tenant = models.ForeignKey(
        "tenants.Tenant",
        on_delete=models.CASCADE,
        db_constraint=False,
        db_index=False,
        related_name="+",
    )
    # as in the rivals' table
    topic = models.ForeignKey(Topic, on_delete=models.CASCADE, db_index=False)
    person_id = models.BigIntegerField()
    text = models.TextField()

    class Meta(TenantOwned.Meta):
        pass

    def __str__(self) -> str:
        return self.text
