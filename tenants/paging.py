"""Pages of lists that grow without end."""

from __future__ import annotations

from django.core.paginator import Paginator
from django.db.models import QuerySet
from django.utils.functional import cached_property

# More rows than this are not counted, and not paged through: filters and search are for that.
COUNTED = 10_000


class Capped(int):
    """A number that was not counted to its end."""

    def __str__(self) -> str:
        return f"{int(self)}+"


class CappedPaginator(Paginator):  # type: ignore[type-arg]
    """Counts at most COUNTED rows, so that a page of a huge table costs no scan of it."""

    @cached_property
    def count(self) -> int:
        """The number of rows, as far as it was counted."""
        rows = self.object_list
        if not isinstance(rows, QuerySet):
            return len(rows)
        found = rows.order_by().values_list("pk")[: COUNTED + 1].count()
        return Capped(COUNTED) if found > COUNTED else found
