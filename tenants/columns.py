"""A model's columns as hot statements read and write them, past the ORM's cursor work."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property, partial
from typing import Any

from django.db import connection, models


class Columns:
    """Some or all columns of a model, in one order everywhere."""

    def __init__(self, model: type[models.Model], *names: str) -> None:
        found: list[Any] = [model._meta.get_field(name) for name in names]
        self.fields: list[Any] = found or list(model._meta.concrete_fields)
        self.names: list[str] = [field.attname for field in self.fields]

    def sql(self, table: str) -> str:
        """Return the columns, each with its table's name or alias."""
        return ", ".join(f"{table}.{field.column}" for field in self.fields)

    @property
    def types(self) -> tuple[str, ...]:
        """What PostgreSQL calls the columns' types."""
        return tuple(field.db_type(connection) for field in self.fields)

    def loaded(self, row: Sequence[Any]) -> list[Any]:
        """Return a row's values as the ORM would: SQLite's texts as dates, JSON as objects."""
        values = list(row)
        for index, convert in self._converters:
            values[index] = convert(values[index])
        return values

    def stored(self, instance: models.Model) -> list[Any]:
        """Return what is written for a new instance."""
        return [
            field.get_db_prep_save(field.pre_save(instance, add=True), connection)
            for field in self.fields
        ]

    @cached_property
    def _converters(self) -> list[tuple[int, Callable[[Any], Any]]]:
        return [
            (index, convert)
            for index, field in enumerate(self.fields)
            for convert in _converters(field)
        ]


def _converters(field: Any) -> list[Callable[[Any], Any]]:
    expression = field.get_col(field.model._meta.db_table)
    found = [*connection.ops.get_db_converters(expression), *field.get_db_converters(connection)]
    return [partial(_converted, convert, expression) for convert in found]


def _converted(convert: Callable[..., Any], expression: Any, value: Any) -> Any:
    return convert(value, expression, connection)
