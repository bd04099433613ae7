"""Encrypted columns: what is stored, what comes back, and what a wrong key does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from asgiref.sync import async_to_sync
from cryptography.fernet import Fernet
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.db.models import Model
from django.db.transaction import atomic
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import DjangoAssertNumQueries, Settings

from tenants.encryption import load_library
from tenants.fields import DecryptionError, EncryptedJSONField, EncryptedTextField
from tenants.tests.vault import (
    NEW,
    OLD,
    STRANGE,
    TOKEN,
    Secret,
    field_of,
    make,
    opens,
    raw,
    secret_table,
    set_raw,
)


@pytest.fixture(autouse=True)
def table(db: None, settings: Settings) -> Iterator[None]:
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    with secret_table():
        yield


def test_the_database_holds_only_ciphertext() -> None:
    row = make(extra={"key": "a-secret"})
    assert opens(raw(row.pk), OLD)
    assert opens(raw(row.pk, "extra"), OLD)
    assert TOKEN not in (raw(row.pk) or "")
    assert "a-secret" not in (raw(row.pk, "extra") or "")


@pytest.mark.parametrize("text", ["", " ", TOKEN, "秘密\U0001f511", "nul\0inside", "line\nend\n"])
def test_text_round_trips(text: str) -> None:
    row = make(token=text)
    assert opens(raw(row.pk), OLD)
    assert Secret.objects.get().token == text


@given(st.text())
def test_any_text_round_trips(text: str) -> None:
    field = EncryptedTextField[Any, Any]()
    assert field.from_db_value(field.get_db_prep_save(text, None), None, None) == text


def test_none_stays_null_and_differs_from_empty() -> None:
    empty, absent = make(note=""), make(note=None)
    assert raw(absent.pk, "note") is None
    assert list(Secret.objects.filter(note__isnull=True)) == [absent]
    assert list(Secret.objects.filter(note__isnull=False)) == [empty]


@pytest.mark.parametrize("value", [{}, [], {"a": [1, None, "秘"]}, [{"b": False}, 0, ""]])
def test_json_round_trips(value: Any) -> None:
    make(extra=value)
    assert Secret.objects.get().extra == value


@pytest.mark.parametrize("value", ["text", 5, True, {"a": object()}, [float("nan")]])
def test_json_takes_objects_and_lists_only(value: Any) -> None:
    with pytest.raises(TypeError, match=r"tenants\.Secret\.extra stores"), atomic():
        make(extra=value)


def test_lazy_text_is_stored_as_text() -> None:
    make(token=gettext_lazy("secret"))
    assert Secret.objects.get().token == "secret"


@pytest.mark.parametrize("value", [5, b"bytes", {"a": 1}, object()])
def test_what_is_not_text_is_refused_unnamed(value: Any) -> None:
    with pytest.raises(TypeError) as caught, atomic():
        make(token=value)
    assert str(caught.value) == f"tenants.Secret.token stores text, not {type(value).__name__}."


def test_lone_surrogates_are_refused_unnamed() -> None:
    with pytest.raises(ValueError, match=r"^tenants\.Secret\.token takes no") as caught, atomic():
        make(token="secret\udcff")
    assert caught.value.__cause__ is None
    assert not hasattr(caught.value, "object")


# Keys


def test_a_wrong_key_raises_and_names_the_column_only(settings: Settings) -> None:
    row = make()
    before = raw(row.pk)
    settings.FIELD_ENCRYPTION_KEY = [STRANGE]
    with pytest.raises(DecryptionError) as caught:
        Secret.objects.get()
    assert "tenants.Secret.token" in str(caught.value)
    assert (before or "?") not in str(caught.value)
    assert raw(row.pk) == before
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    assert Secret.objects.get().token == TOKEN


def test_every_way_of_reading_raises_on_a_wrong_key(settings: Settings) -> None:
    row = make()
    settings.FIELD_ENCRYPTION_KEY = [STRANGE]
    for read in (
        row.refresh_from_db,
        Secret.objects.first,
        lambda: list(Secret.objects.values("token")),
        lambda: list(Secret.objects.values_list("token", flat=True)),
        lambda: list(Secret.objects.iterator()),
        lambda: list(Secret.objects.raw("SELECT * FROM tenants_secret")),
        lambda: Secret.objects.defer("token").get().token,
    ):
        with pytest.raises(DecryptionError):
            read()


def test_a_wrong_key_lets_deferred_rows_be_read_and_saved(settings: Settings) -> None:
    row = make()
    before = raw(row.pk)
    settings.FIELD_ENCRYPTION_KEY = [STRANGE]
    seen = Secret.objects.defer("token", "note", "extra").get()
    seen.name = "two"
    seen.save()
    assert raw(row.pk) == before
    assert raw(row.pk, "name") == "two"


@pytest.mark.parametrize("stored", ["", "plain", "gAAAAA", "密", "gAAAAA=="])
def test_what_is_not_ciphertext_raises(stored: str) -> None:
    set_raw(make().pk, stored)
    with pytest.raises(DecryptionError):
        Secret.objects.get()


def test_a_changed_byte_raises() -> None:
    row = make()
    token = raw(row.pk) or ""
    set_raw(row.pk, token[:40] + ("A" if token[40] != "A" else "B") + token[41:])
    with pytest.raises(DecryptionError):
        Secret.objects.get()


def test_json_that_is_none_raises_unnamed() -> None:
    row = make(extra={})
    set_raw(row.pk, Fernet(OLD).encrypt(b"not json").decode(), "extra")
    with pytest.raises(DecryptionError, match=r"tenants\.Secret\.extra") as caught:
        Secret.objects.get()
    assert "not json" not in str(caught.value)


def test_the_first_key_encrypts_and_every_key_decrypts(settings: Settings) -> None:
    old = make()
    settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
    new = make()
    assert [row.token for row in Secret.objects.all()] == [TOKEN, TOKEN]
    assert opens(raw(old.pk), OLD)
    assert opens(raw(new.pk), NEW)


def test_a_single_key_may_be_text(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = NEW
    assert opens(raw(make().pk), NEW)


@pytest.mark.parametrize("keys", [None, "", [], ["short"], [OLD, "x" * 44], [OLD, "秘"], [None]])
def test_malformed_keys_are_named_by_number(keys: Any, settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = keys
    with pytest.raises(ImproperlyConfigured, match="FIELD_ENCRYPTION_KEYS") as caught, atomic():
        make()
    assert OLD not in str(caught.value)
    assert "xxxx" not in str(caught.value)


def test_the_librarys_own_helpers_follow_the_setting(settings: Settings) -> None:
    settings.FIELD_ENCRYPTION_KEY = [NEW]
    library = load_library()
    token = library.encrypt_str("text").decode()
    assert opens(token, NEW)
    assert library.decrypt_str(token) == "text"


# Input that looks like a token


def test_a_pasted_token_is_stored_as_it_is() -> None:
    pasted = raw(make().pk) or ""
    row = Secret(name="two", note=pasted, token="t")
    row.full_clean()
    row.save()
    row.full_clean()
    row.refresh_from_db()
    assert row.note == pasted


def test_saving_twice_does_not_encrypt_twice() -> None:
    make()
    for _time in range(2):
        Secret.objects.get().save()
    assert Secret.objects.get().token == TOKEN


# Length, async, migrations


def test_length_counts_plain_characters() -> None:
    row = Secret(name="two", token="密" * 47)
    with pytest.raises(ValidationError) as caught:
        row.full_clean()
    assert list(caught.value.message_dict) == ["token"]
    with (
        pytest.raises(ValueError, match=r"^tenants\.Secret\.token takes at most 46 characters\.$"),
        atomic(),
    ):
        row.save()
    row.token = "密" * 46
    row.full_clean()
    row.save()


def test_async() -> None:
    async def story() -> None:
        row = await Secret.objects.acreate(name="one", token=TOKEN)
        assert (await Secret.objects.aget(pk=row.pk)).token == TOKEN
        row.token = "two"
        await row.asave(update_fields=["token"])
        assert [r.token async for r in Secret.objects.all()] == ["two"]

    async_to_sync(story)()


def test_deferred_is_read_when_asked(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    make()
    row = Secret.objects.only("name").get()
    with django_assert_num_queries(1):
        assert row.token == TOKEN


@pytest.mark.parametrize("name", ["token", "note", "extra"])
def test_migrations_see_no_drift(name: str) -> None:
    _name, path, args, kwargs = field_of(name).deconstruct()
    rebuilt = import_string(path)(*args, **kwargs)
    assert rebuilt.deconstruct()[1:] == (path, args, kwargs)
    assert path.startswith("tenants.fields.Encrypted")
    # the column is text whatever the length: changing it needs no migration
    assert "max_length" not in kwargs
    json.dumps(kwargs)


@pytest.mark.parametrize(
    "options",
    [{"unique": True}, {"primary_key": True}, {"db_index": True}, {"db_default": "x"}],
)
@pytest.mark.parametrize("field", [EncryptedTextField, EncryptedJSONField])
def test_options_that_need_the_plain_value_are_refused(field: Any, options: Any) -> None:
    with pytest.raises(TypeError, match=next(iter(options))):
        field(**options)


def test_repr_and_str_show_nothing() -> None:
    row: Model = make()
    assert TOKEN not in f"{row!r} {row} {field_of('token')!r}"
