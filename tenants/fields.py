"""Encrypted model fields: django-encrypted-model-fields with its holes closed.

What a user of a field should know:
- A value that no key opens raises `DecryptionError` when its row is read with that column, so a
  ciphertext is never handed out nor saved again. Lists should `defer()` secrets: it is faster, and
  one damaged row does not take the list down.
- Only `isnull` can be asked of the column; everything else raises FieldError (it could never match,
  and would put the plain text into the query log). Look values up by tenants/blind_index.py.
  Ordering is not refused but means nothing: it is by ciphertext.
- Writes take plain values, `Value` and `Case` over them (thus `bulk_update`); any other expression
  raises TypeError, because the database cannot encrypt.
- Forms never show the stored value; an empty box keeps it. The admin shows "-".
- dumpdata writes ciphertext, loaddata takes only ciphertext that a key of ours opens.
- A token moved by hand to another row or column opens there: Fernet has no associated data.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from django import forms
from django.core.exceptions import FieldError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import signals
from django.db.models.expressions import Case, Value, When
from django.db.models.functions import Cast
from django.utils.functional import Promise, cached_property

from tenants import form_fields
from tenants.encryption import DecryptionError, load_library, ring

__all__ = ["Ciphertext", "DecryptionError", "EncryptedJSONField", "EncryptedTextField"]

_ST = TypeVar("_ST", contravariant=True)
_GT = TypeVar("_GT", covariant=True)

if TYPE_CHECKING:

    class _LibraryField(models.TextField[_ST, _GT]):
        """What type checkers see of the library, which has no types."""

else:
    library = load_library()

    class _LibraryField(library.EncryptedTextField):
        def __class_getitem__(cls, types):
            return cls


# The column is text without meaning to the database; a plain default would stand in the schema.
REFUSED_OPTIONS = ("primary_key", "unique", "db_index", "db_default", "choices", "db_collation")


class Ciphertext(Value):
    """A token that goes into the column as it is; for key rotation."""


def _with(expression: Any, *sources: Any) -> Any:
    copy = expression.copy()
    copy.set_source_expressions(list(sources))
    return copy


class EncryptedTextField(_LibraryField[_ST, _GT]):
    """Text that only FIELD_ENCRYPTION_KEYS open; `max_length` counts plain characters."""

    def __init__(self, *args: Any, **options: Any) -> None:
        refused = sorted(set(REFUSED_OPTIONS) & set(options))
        if refused:
            raise TypeError(f"{type(self).__name__} takes no {', '.join(refused)}.")
        super().__init__(*args, **options)

    @property
    def where(self) -> str:
        """The column in words for messages: app.Model.field."""
        model = getattr(self, "model", None)
        return f"{model._meta.label}.{self.name}" if model else type(self).__name__

    # Plain text <-> value; the JSON field below has its own.

    def to_text(self, value: Any) -> str:
        """Return the text to encrypt. Raises TypeError or ValueError without naming the value."""
        if isinstance(value, Promise):
            value = str(value)
        if not isinstance(value, str):
            raise TypeError(f"{self.where} stores text, not {type(value).__name__}.")
        if self.max_length is not None and len(value) > self.max_length:
            raise ValueError(f"{self.where} takes at most {self.max_length} characters.")
        return value

    def from_text(self, text: str) -> Any:
        """Return the value for a decrypted text."""
        return text

    # Database

    def seal(self, value: Any) -> str:
        """Return the ciphertext of a value. Raises TypeError or ValueError if it cannot be one."""
        text = self.to_text(value)
        try:
            return ring().encrypt(text)
        except UnicodeEncodeError:
            raise ValueError(f"{self.where} takes no lone surrogates.") from None

    def open(self, token: str) -> Any:
        """Return the value in a ciphertext. Raises DecryptionError."""
        return self.from_text(ring().decrypt(token, where=self.where))

    def from_db_value(self, value: str | None, expression: Any, connection: Any) -> Any:
        """Decrypt what the database holds. Raises DecryptionError."""
        del expression, connection
        return None if value is None else self.open(value)

    def get_db_prep_save(self, value: Any, connection: Any) -> Any:
        """Encrypt what goes to the database. Raises TypeError for what cannot be encrypted."""
        del connection
        if value is None:
            return None
        if hasattr(value, "resolve_expression"):
            return self._sealed(value)
        return self.seal(value)

    def _sealed(self, expression: Any) -> Any:
        """Return a copy of the expression with each plain value in it encrypted."""
        if isinstance(expression, Ciphertext):
            return expression
        if isinstance(expression, Value):
            value = expression.value
            return Ciphertext(None if value is None else self.seal(value))
        if isinstance(expression, Case):
            *cases, default = expression.get_source_expressions()
            return _with(expression, *map(self._sealed_case, cases), self._sealed(default))
        # bulk_update on PostgreSQL: Cast(Case(...), output_field=this field)
        if isinstance(expression, Cast) and isinstance(expression.output_field, EncryptedTextField):
            return _with(expression, self._sealed(*expression.get_source_expressions()))
        raise TypeError(
            f"{self.where} is encrypted: the database cannot compute it "
            f"({type(expression).__name__}). Give a plain value."
        )

    def _sealed_case(self, case: When) -> Any:
        condition, result = case.get_source_expressions()
        return _with(case, condition, self._sealed(result))

    # Queries

    def _refuse(self, what: str) -> NoReturn:
        raise FieldError(
            f"{self.where} is encrypted: only isnull can be asked of it, not {what}. "
            "Look it up by a blind index."
        )

    def get_lookup(self, lookup_name: str) -> Any:
        """Return isnull; raise FieldError for any other lookup."""
        if lookup_name != "isnull":
            self._refuse(lookup_name)
        return super().get_lookup(lookup_name)

    def get_transform(self, lookup_name: str) -> Any:
        """Raise FieldError."""
        self._refuse(lookup_name)

    def get_prep_value(self, value: Any) -> Any:
        """Raise FieldError: Django asks this for comparisons only (such as Exact(F(...), ...))."""
        del value
        self._refuse("a comparison")

    def get_db_prep_value(self, value: Any, connection: Any, prepared: bool = False) -> Any:  # noqa: FBT001,FBT002 - Django's signature
        """Raise FieldError, as get_prep_value does."""
        del value, connection, prepared
        self._refuse("a comparison")

    # Validation and forms

    def to_python(self, value: Any) -> Any:
        """Return text as it is, even if it looks like a token: only the database is decrypted."""
        return value if value is None or isinstance(value, str) else str(value)

    @cached_property
    def validators(self) -> Sequence[Any]:  # type: ignore[override]
        """The field's validators and the length of the plain text."""
        own = [] if self.max_length is None else [MaxLengthValidator(self.max_length)]
        return [*super().validators, *own]

    @property
    def flatchoices(self) -> list[Any]:
        """Make the admin show "-" for a read-only value: it looks values up here first."""
        return [("", "")]

    def formfield(self, **options: Any) -> Any:
        """Return a form field that never shows the stored value and keeps it when left empty."""
        return super().formfield(
            **{
                "form_class": form_fields.SecretField,
                "widget": form_fields.SecretInput,
                **options,
            }
        )

    # Fixtures

    def value_to_string(self, obj: models.Model) -> str:
        """Return ciphertext for dumpdata."""
        return self.seal(self.value_from_object(obj))

    def contribute_to_class(self, cls: Any, name: str, private_only: bool = False) -> None:  # noqa: FBT001,FBT002 - Django's signature
        """Join the model, and open ciphertext when loaddata saves a row of it."""
        super().contribute_to_class(cls, name, private_only=private_only)
        if not cls._meta.abstract:
            signals.pre_save.connect(self._load_fixture, sender=cls)

    def _load_fixture(self, instance: models.Model, *, raw: bool, **kwargs: Any) -> None:
        # raw: only deserialisers say so. to_python must not decrypt, it also sees users' input.
        del kwargs
        # __dict__: the attribute of a deferred field would be read from the database
        token = instance.__dict__.get(self.attname) if raw else None
        if token is not None:
            setattr(instance, self.attname, self.open(token))


class EncryptedJSONField(EncryptedTextField[Any, Any]):
    """A JSON object or list that only FIELD_ENCRYPTION_KEYS open."""

    _pyi_private_set_type: Any
    _pyi_private_get_type: Any

    # Other types would go through dumpdata as they are, past value_to_string.
    def to_text(self, value: Any) -> str:
        """Return the JSON text to encrypt. Raises TypeError without naming the value."""
        if not isinstance(value, dict | list):
            raise TypeError(f"{self.where} stores a dict or list, not {type(value).__name__}.")
        try:
            return json.dumps(value, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
        except (TypeError, ValueError):
            raise TypeError(f"{self.where} stores only what JSON can hold.") from None

    def from_text(self, text: str) -> Any:
        """Return the value for a decrypted text. Raises DecryptionError if it is not JSON."""
        try:
            return json.loads(text)
        except ValueError:
            raise DecryptionError(f"{self.where}: a stored value is not JSON.") from None

    def to_python(self, value: Any) -> Any:
        """Return the value as it is."""
        return value

    def formfield(self, **options: Any) -> Any:
        """Return a form field that never shows the stored value and keeps it when left empty."""
        return super().formfield(
            **{"form_class": form_fields.SecretJSONField, "widget": forms.Textarea, **options}
        )
