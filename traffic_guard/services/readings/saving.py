"""Writes of many rows only what has changed: a poll that brings no news costs next to nothing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from django.db import models


class Changes:
    """Remembers some fields of rows; what differs later is written by `save`."""

    def __init__(self, rows: Iterable[models.Model], fields: Sequence[str]) -> None:
        self._rows, self._fields = list(rows), fields
        self._before = {row.pk: self._values(row) for row in self._rows}

    def _values(self, row: models.Model) -> tuple[Any, ...]:
        return tuple(getattr(row, name) for name in self._fields)

    def save(self) -> None:
        """Write fields that changed: those with one new value for many rows by one UPDATE."""
        changed: dict[str, list[models.Model]] = defaultdict(list)
        for row in self._rows:
            pairs = zip(self._fields, self._before[row.pk], self._values(row), strict=True)
            for name, before, after in pairs:
                if before != after:
                    changed[name].append(row)
        alike: dict[frozenset[Any], dict[str, Any]] = defaultdict(dict)
        differing: list[str] = []
        for name, rows in changed.items():
            value = getattr(rows[0], name)
            if all(getattr(row, name) == value for row in rows):
                alike[frozenset(row.pk for row in rows)][name] = value
            else:
                differing.append(name)
        self._write(alike, {row.pk: row for name in differing for row in changed[name]}, differing)

    def _write(
        self,
        alike: dict[frozenset[Any], dict[str, Any]],
        rows: dict[Any, models.Model],
        differing: list[str],
    ) -> None:
        if not self._rows:
            return
        manager = type(self._rows[0])._default_manager
        for pks, values in alike.items():
            manager.filter(pk__in=pks).update(**values)
        if differing:
            manager.bulk_update(list(rows.values()), differing)
