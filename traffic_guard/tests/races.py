"""What only PostgreSQL lets happen at the same time."""

from __future__ import annotations

import pytest
from django.db import connection

from tenants.testing import in_threads

__all__ = ["in_a_race", "in_threads"]

in_a_race = pytest.mark.skipif(
    connection.vendor != "postgresql", reason="SQLite has one writer: they queue up"
)
