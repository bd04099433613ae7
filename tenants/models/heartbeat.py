"""Signs of life of the processes, for /health/."""

from django.db import models


class Heartbeat(models.Model):
    """When a kind of process (worker, beat, poller) was last seen alive; global, not a tenant's."""

    name = models.CharField(max_length=40, primary_key=True)
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.at:%H:%M:%S}"


class Lease(models.Model):
    """Who may do a thing that only one process may do at a time; global, not a tenant's."""

    name = models.CharField(max_length=60, primary_key=True)
    holder = models.CharField(max_length=40)
    until = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name}: {self.holder}"
