"""Wishes in a table: one line a wish, columns by name; what is written can be read again."""

from __future__ import annotations

import csv
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime
from decimal import Decimal, InvalidOperation
from io import StringIO
from typing import Any
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _

from ovh_sniper.models import Wish
from tenants import schedules

MOST_LINES = 1000
# no line of a wish is longer than its columns together
MOST_CHARACTERS = MOST_LINES * 2000
# within one field
SEPARATOR = " "
# With one of these in front a spreadsheet takes a text for a formula.
FORMULA = ("=", "+", "-", "@", "\t", "\r")
YEARS = range(2000, 2101)


def _amount(text: str) -> Decimal:
    amount = Decimal(text)
    if not amount.is_finite():
        raise ValueError(text)
    return amount


def _flag(text: str) -> bool:
    words = {"yes": True, "true": True, "1": True, "no": False, "false": False, "0": False}
    return words[text.lower()]


def _moment(text: str) -> datetime:
    at = datetime.fromisoformat(text)
    # years further away do not exist in every time zone
    if at.tzinfo is None or at.year not in YEARS:
        raise ValueError(text)
    return at


def _mode(text: str) -> str:
    return Wish.Mode(text.lower()).value


def _track(text: str) -> str:
    return Wish.Track(text.lower()).value


def _pairs(text: str) -> dict[str, str]:
    found = dict(part.split("=", 1) for part in text.split())
    return {str(name): str(code) for name, code in found.items()}


def _schedule(text: str) -> dict[str, Any]:
    found: dict[str, Any] = _pairs(text)
    if "days" in found:
        found["days"] = [int(day) for day in found["days"]]
    if schedules.problem(found):
        raise ValueError(text)
    return found


COLUMNS: dict[str, Callable[[str], Any]] = {
    "plan_code": str,
    "track": _track,
    "name": str,
    "memory": str,
    "storage": str,
    "system_storage": str,
    "gpu": str,
    "extras": _pairs,  # bandwidth=code vrack=code
    "datacenters": str.split,  # gra rbx
    "quantity": int,
    "max_delivery_hours": int,
    "cap_due_now": _amount,
    "cap_renewal": _amount,
    "budget_day": _amount,
    "budget_month": _amount,
    "schedule": _schedule,  # days=01234 from=09:00 to=18:00
    "expires_at": _moment,  # 2027-01-31T18:00+08:00
    "mode": _mode,
    "autopay": _flag,
    "waive_retractation": _flag,
    "dry_run": _flag,
    "guards_repeats": _flag,
}


# --- Read


def rows(text: str) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield the number and the filled fields of each line; `fields` checks them.

    Raises:
        ValidationError: no plan_code column, an unknown column, too many lines, or no table.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValidationError(_("More than %(most)s lines.") % {"most": MOST_LINES})
    # spreadsheets write a mark in front, and some a semicolon for a comma
    text = text.removeprefix("\ufeff")
    first = text.partition("\n")[0]
    delimiter = ";" if ";" in first else ","
    # strict: a quote that is never closed would take all other lines for one field
    reader = csv.DictReader(StringIO(text), delimiter=delimiter, strict=True)
    try:
        reader.fieldnames = _names(reader.fieldnames or [])
        for number, row in enumerate(reader):
            if number >= MOST_LINES:
                raise ValidationError(_("More than %(most)s lines.") % {"most": MOST_LINES})
            filled = {name: value for name, value in row.items() if value and _text(value)}
            if filled:
                yield reader.line_num, filled
    except csv.Error:
        raise ValidationError(at_line(reader.line_num, _("This is no table."))) from None


def _names(found: Iterable[str | None]) -> list[str]:
    names = [(name or "").strip().lower() for name in found]
    unknown = sorted(set(names) - set(COLUMNS))
    if unknown:
        raise ValidationError(_("Unknown columns: %(names)s.") % {"names": ", ".join(unknown)})
    if len(set(names)) < len(names):
        raise ValidationError(_("A column stands there twice."))
    if "plan_code" not in names:
        raise ValidationError(_("The first line must name columns, plan_code among them."))
    return names


def _text(value: str | list[str]) -> str:
    """Return a field without the mark that keeps spreadsheets from computing it."""
    if isinstance(value, list):
        return SEPARATOR.join(value).strip()
    text = value.strip()
    return text[1:] if text.startswith("'") and _is_formula(text) else text


def fields(row: dict[str, Any]) -> dict[str, Any]:
    """Return a line's fields as a wish takes them.

    Raises:
        ValidationError: one is not of its column's form, or there are more fields than columns.
    """
    parsed = {}
    for name, value in row.items():
        text = _text(value)
        if name not in COLUMNS:
            raise ValidationError(_("More fields than columns."))
        try:
            parsed[name] = COLUMNS[name](text)
        except (ValueError, KeyError, InvalidOperation):
            message = _("%(column)s cannot be “%(text)s”.")
            raise ValidationError(message % {"column": name, "text": text[:80]}) from None
    return parsed


def at_line(number: int, message: str) -> str:
    """Return a message that says which line it is about."""
    return _("Line %(number)s: %(message)s") % {"number": number, "message": message}


def problems(number: int, error: ValidationError) -> list[str]:
    """Return what is wrong with a line, each with its column where it is about one."""
    if not hasattr(error, "error_dict"):
        return [at_line(number, message) for message in error.messages]
    return [
        at_line(number, f"{column}: {message}" if column in COLUMNS else message)
        for column, messages in error.message_dict.items()
        for message in messages
    ]


# --- Written


def table(wishes: Iterable[Wish], zone: ZoneInfo) -> str:
    """Return wishes as a table that `rows` reads again, times on the clocks of a zone.

    Which bot tells of a wish is not in it. No field is taken for a formula.
    """
    out = StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for wish in wishes:
        writer.writerow(_guarded(_said(getattr(wish, name), zone)) for name in COLUMNS)
    return out.getvalue()


def _said(value: Any, zone: ZoneInfo) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, datetime):
        return value.astimezone(zone).isoformat(timespec="minutes")
    if isinstance(value, dict):
        return SEPARATOR.join(f"{name}={_paired(said)}" for name, said in value.items() if said)
    if isinstance(value, list):
        return SEPARATOR.join(map(str, value))
    return str(value)


def _paired(said: Any) -> str:
    return "".join(map(str, said)) if isinstance(said, list) else str(said)


def _guarded(text: str) -> str:
    return f"'{text}" if _is_formula(text) else text


def _is_formula(text: str) -> bool:
    return text.lstrip("'").startswith(FORMULA)
