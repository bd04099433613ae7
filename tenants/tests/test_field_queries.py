"""Encrypted columns in queries: bulk writes are safe, and nothing but isnull can be asked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from django.core.exceptions import FieldError
from django.db import connection
from django.db.models import Case, CharField, F, Max, OuterRef, Q, Subquery, TextField, Value, When
from django.db.models.expressions import RawSQL
from django.db.models.functions import Cast, Coalesce, Concat, Upper
from django.db.transaction import atomic
from django.test.utils import CaptureQueriesContext
from pytest_django import Settings

from tenants.fields import EncryptedTextField
from tenants.tests.vault import OLD, TOKEN, Secret, make, opens, raw, secret_table


@pytest.fixture(autouse=True)
def table(db: None, settings: Settings) -> Iterator[None]:
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    with secret_table():
        yield


def tokens() -> list[str]:
    return [row.token for row in Secret.objects.order_by("pk")]


def test_bulk_create_and_bulk_update_encrypt() -> None:
    rows = Secret.objects.bulk_create(
        [Secret(name=f"row {n}", token=f"token {n}", extra={"n": n}) for n in range(5)]
    )
    for row in rows:
        row.token, row.note, row.extra = row.token.upper(), "note", [row.pk]
    rows[2].note = None
    assert Secret.objects.bulk_update(rows, ["token", "note", "extra"], batch_size=2) == 5
    assert tokens() == [f"TOKEN {n}" for n in range(5)]
    assert [row.extra for row in Secret.objects.order_by("pk")] == [[row.pk] for row in rows]
    assert all(opens(raw(row.pk), OLD) for row in rows)
    assert raw(rows[2].pk, "note") is None
    assert Secret.objects.get(pk=rows[3].pk).note == "note"


def test_abulk_update_encrypts() -> None:
    row = make()
    row.token = "two"

    async def write() -> None:
        await Secret.objects.abulk_update([row], ["token"])

    async_to_sync(write)()
    assert tokens() == ["two"]


def test_bulk_create_with_conflicts_updates_to_ciphertext() -> None:
    row = make()
    Secret.objects.bulk_create(
        [Secret(pk=row.pk, name="one", token="two")],
        update_conflicts=True,
        update_fields=["token"],
        unique_fields=["pk"],
    )
    assert tokens() == ["two"]


def test_update_and_update_or_create_encrypt() -> None:
    row = make()
    Secret.objects.update(token="two", note="")
    assert opens(raw(row.pk), OLD)
    assert opens(raw(row.pk, "note"), OLD)
    Secret.objects.update_or_create(name="one", defaults={"token": "three"})
    assert tokens() == ["three"]


@pytest.mark.parametrize(
    "value",
    [
        Value("two"),
        Value("two", output_field=CharField()),
        Case(When(name="one", then=Value("two")), default=Value("other")),
        Case(When(Q(name="nobody"), then=Value("other")), default=Value("two")),
        Case(When(name="one", then=Case(When(pk__gt=0, then=Value("two"))))),
        Cast(Value("two"), output_field=EncryptedTextField[Any, Any]()),
    ],
)
def test_plain_values_inside_expressions_are_encrypted(value: Any) -> None:
    row = make()
    Secret.objects.update(token=value)
    assert opens(raw(row.pk), OLD)
    assert tokens() == ["two"]
    row.token = value
    row.save(update_fields=["token"])
    assert tokens() == ["two"]


def test_a_value_expression_is_encrypted_on_insert() -> None:
    Secret.objects.create(name="one", token=Value("two"))
    Secret.objects.bulk_create([Secret(name="three", token=Value("four"), note=Value(None))])
    assert tokens() == ["two", "four"]
    assert Secret.objects.filter(note__isnull=True).count() == 2


@pytest.mark.parametrize(
    "expression",
    [
        F("token"),
        F("name"),
        F("note"),
        Upper("name"),
        Concat("token", Value("x")),
        Coalesce(Value("hunter2"), Value("x")),
        RawSQL("'hunter2'", []),
        Subquery(Secret.objects.filter(pk=OuterRef("pk")).values("token")[:1]),
        Case(When(name="one", then="name"), default=Value("x")),
        Case(When(name="one", then=Value("x")), default=F("token")),
        Cast(Value("hunter2"), output_field=TextField()),
    ],
)
def test_other_expressions_are_refused_and_change_nothing(expression: Any) -> None:
    row = make()
    before = raw(row.pk)
    with (
        pytest.raises(TypeError, match=r"^tenants\.Secret\.token is encrypted") as caught,
        atomic(),
    ):
        Secret.objects.update(token=expression)
    assert "hunter2" not in str(caught.value)
    row.token = expression
    with pytest.raises(TypeError), atomic():
        row.save()
    with pytest.raises(TypeError), atomic():
        Secret.objects.bulk_update([row], ["token"])
    assert raw(row.pk) == before


@pytest.mark.parametrize(
    "lookup",
    [
        "exact",
        "iexact",
        "in",
        "contains",
        "icontains",
        "startswith",
        "regex",
        "gt",
        "range",
        "nope",
    ],
)
def test_lookups_are_refused(lookup: str) -> None:
    with pytest.raises(FieldError, match=r"^tenants\.Secret\.token is encrypted"):
        Secret.objects.filter(**{f"token__{lookup}": [TOKEN]})
    with pytest.raises(FieldError):
        Secret.objects.exclude(Q(**{f"token__{lookup}": [TOKEN]}))


@pytest.mark.parametrize("value", [TOKEN, "", None, F("name")])
def test_equality_is_refused(value: Any) -> None:
    with pytest.raises(FieldError, match="blind index"):
        Secret.objects.filter(token=value)
    with pytest.raises(FieldError):
        Secret.objects.get(note=value)


def test_get_or_create_by_a_secret_is_refused_and_creates_nothing() -> None:
    make()
    with pytest.raises(FieldError):
        Secret.objects.get_or_create(token=TOKEN, defaults={"name": "one"})
    with pytest.raises(FieldError):
        Secret.objects.update_or_create(token=TOKEN, defaults={"name": "one"})
    assert Secret.objects.count() == 1


def test_json_keys_are_refused() -> None:
    for name in ("extra__key", "extra__0", "extra__has_key", "token__length"):
        with pytest.raises(FieldError):
            Secret.objects.filter(**{name: "x"})
    with pytest.raises(FieldError):
        list(Secret.objects.order_by("extra__key"))


def test_no_refused_query_reaches_the_database() -> None:
    field = EncryptedTextField[Any, Any]()
    with CaptureQueriesContext(connection) as queries:
        with pytest.raises(FieldError):
            Secret.objects.filter(token=TOKEN).exists()
        with pytest.raises(FieldError):
            list(Secret.objects.annotate(x=Value(TOKEN, output_field=field)))
    assert queries.captured_queries == []


def test_isnull_as_lookup_and_in_aggregates() -> None:
    make(note=None)
    make(note="")
    assert Secret.objects.filter(Q(note__isnull=False) & Q(token__isnull=False)).count() == 1
    assert Secret.objects.aggregate(last=Max("pk", filter=Q(note__isnull=True)))["last"]


def test_order_by_runs_and_values_are_decrypted() -> None:
    make(token="b")
    make(token="a")
    assert sorted(Secret.objects.order_by("token").values_list("token", flat=True)) == ["a", "b"]
    copies = Secret.objects.annotate(copied=F("token")).order_by("pk")
    assert list(copies.values_list("copied", flat=True)) == ["b", "a"]


def test_constraints_of_the_model_can_still_be_validated() -> None:
    row = make(note="x")
    row.full_clean()
