"""Celery queues by tenant: nobody waits behind another tenant's flood (DESIGN D15)."""

from django.conf import settings


def of(tenant_id: int) -> str:
    """Return the queue of the tenant's shard; workers take the shards in turn."""
    return f"tenants-{tenant_id % settings.TENANT_SHARDS}"
