"""Encrypted columns in forms, in the admin and in fixtures: the value stays inside."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from django import forms
from django.contrib.admin import ModelAdmin, site
from django.contrib.admin.utils import display_for_field
from django.core import serializers
from django.db.transaction import atomic
from django.test import RequestFactory
from pytest_django import Settings
from unfold.utils import display_for_field as unfold_display_for_field

from tenants.fields import DecryptionError
from tenants.models.canary import EncryptionCanary
from tenants.tests.vault import NEW, OLD, STRANGE, TOKEN, Secret, field_of, opens, secret_table


@pytest.fixture(autouse=True)
def table(db: None, settings: Settings) -> Iterator[None]:
    settings.FIELD_ENCRYPTION_KEY = [OLD]
    with secret_table():
        yield


def stored() -> Secret:
    return Secret.objects.create(name="one", token=TOKEN, extra={"key": "a-secret"})


Form = forms.modelform_factory(Secret, fields=["name", "token", "note", "extra"])
AreaForm = forms.modelform_factory(
    Secret, fields=["token", "extra"], widgets={"token": forms.Textarea, "extra": forms.TextInput}
)


@pytest.mark.parametrize("form", [Form, AreaForm])
def test_a_form_never_shows_the_stored_value(form: Any) -> None:
    row = stored()
    pages = [form(instance=row), form({"token": "x" * 47, "extra": "{"}, instance=row)]
    for page in pages:
        html = page.as_p()
        assert TOKEN not in html
        assert "a-secret" not in html
        assert "xxx" not in html


def test_an_empty_box_keeps_the_value() -> None:
    form = Form({"name": "two", "token": "", "note": "", "extra": ""}, instance=stored())
    assert form.is_valid(), form.errors
    assert form.changed_data == ["name"]
    form.save()
    row = Secret.objects.get()
    assert (row.name, row.token, row.extra) == ("two", TOKEN, {"key": "a-secret"})


def test_a_new_value_replaces_the_old() -> None:
    form = Form({"name": "one", "token": "two", "extra": '{"a": 1}'}, instance=stored())
    assert form.is_valid(), form.errors
    assert form.changed_data == ["token", "extra"]
    form.save()
    row = Secret.objects.get()
    assert (row.token, row.extra) == ("two", {"a": 1})


def test_a_new_row_needs_a_value_of_the_right_length() -> None:
    for token in ("", "x" * 47):
        form = Form({"name": "one", "token": token, "extra": "{}"})
        assert not form.is_valid()
        assert list(form.errors) == ["token"]


def test_a_token_pasted_into_a_form_is_not_decrypted() -> None:
    pasted = field_of("token").seal("somebody's")
    form = Form({"name": "one", "token": "t", "note": pasted, "extra": "{}"})
    assert form.is_valid(), form.errors
    form.save()
    assert Secret.objects.get().note == pasted


def test_browsers_insist_on_a_value_only_where_none_is_stored() -> None:
    assert " required" in str(Form()["token"])
    assert " required" not in str(Form(instance=stored())["token"])


def test_the_admin_form_and_read_only_pages_show_nothing(rf: RequestFactory) -> None:
    row = stored()
    request = rf.get("/")
    form = ModelAdmin(Secret, site).get_form(request, row)(instance=row)
    assert TOKEN not in form.as_p()
    for display in (display_for_field, unfold_display_for_field):
        for name in ("token", "extra"):
            shown = display(getattr(row, name), field_of(name), "-")
            assert shown == "-"


# Fixtures


@pytest.mark.parametrize("fmt", ["json", "jsonl", "xml", "python"])
def test_dumps_hold_ciphertext(fmt: str) -> None:
    stored()
    dump = str(serializers.serialize(fmt, Secret.objects.all()))
    assert TOKEN not in dump
    assert "a-secret" not in dump


def test_a_dump_holds_what_a_key_opens() -> None:
    stored()
    [row] = json.loads(serializers.serialize("json", Secret.objects.all()))
    assert opens(row["fields"]["token"], OLD)
    assert opens(row["fields"]["extra"], OLD)
    assert row["fields"]["note"] is None


@pytest.mark.parametrize("fmt", ["json", "xml"])
def test_a_dump_loads_under_a_new_key(fmt: str, settings: Settings) -> None:
    EncryptionCanary.objects.all().delete()
    EncryptionCanary.objects.create(pk=1, value="one")
    dump = serializers.serialize(fmt, EncryptionCanary.objects.all())
    EncryptionCanary.objects.all().delete()
    settings.FIELD_ENCRYPTION_KEY = [NEW, OLD]
    for row in serializers.deserialize(fmt, dump):
        row.save()
    settings.FIELD_ENCRYPTION_KEY = [NEW]
    assert EncryptionCanary.objects.get().value == "one"


@pytest.mark.parametrize("key", [OLD, STRANGE], ids=["plain", "strange"])
def test_a_fixture_that_no_key_opens_is_refused(key: str, settings: Settings) -> None:
    EncryptionCanary.objects.all().delete()
    value = "plain" if key == OLD else field_of("token").seal("x")
    settings.FIELD_ENCRYPTION_KEY = [key]
    fields = {"value": value, "created_at": "2026-01-01T00:00:00Z"}
    fixture = json.dumps([{"model": "tenants.encryptioncanary", "pk": 1, "fields": fields}])
    for row in serializers.deserialize("json", fixture):
        with pytest.raises(DecryptionError, match=r"EncryptionCanary\.value"), atomic():
            row.save()
    assert not EncryptionCanary.objects.exists()
