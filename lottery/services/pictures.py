"""Pictures of giveaways: what Telegram takes as a photo, kept under names nobody can guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django.core.exceptions import ValidationError
from django.core.files.storage import default_storage
from django.core.signing import BadSignature, Signer
from django.utils.translation import gettext_lazy as _

from tenants import scoping
from tenants.ids import random_text

if TYPE_CHECKING:
    from django.core.files import File

FOLDER = "lottery"
MAX_BYTES = 5 * 1024 * 1024
# Bot API, sendPhoto: width and height add up to at most 10,000, their ratio is at most 20
MAX_SIDES = 10_000
MAX_RATIO = 20
ENDINGS = {"JPEG": "jpg", "PNG": "png", "WEBP": "webp"}


def check(upload: File[Any], image: Any) -> None:
    """Check an upload and the picture Pillow read from it.

    Raises:
        ValidationError: what is wrong with it.
    """
    if (upload.size or 0) > MAX_BYTES:
        raise ValidationError(_("The picture is too large: use at most 5 MB."), code="large")
    if image.format not in ENDINGS:
        raise ValidationError(_("Use a JPEG, PNG or WebP picture."), code="format")
    if image.width + image.height > MAX_SIDES:
        raise ValidationError(
            _("This picture has too many pixels: width and height may add up to 10,000."),
            code="pixels",
        )
    if max(image.size) > MAX_RATIO * min(image.size):
        raise ValidationError(_("This picture is too long and narrow."), code="ratio")


def store(upload: File[Any], picture_format: str) -> str:
    """Keep a checked upload; return its name in the storage."""
    upload.seek(0)
    name = f"{FOLDER}/{random_text(22)}.{ENDINGS[picture_format]}"
    kept: str = default_storage.save(name, upload)
    return kept


def _signer() -> Signer:
    return Signer(salt=f"lottery.picture.{scoping.current()}")


def sign(name: str) -> str:
    """Return a stored picture's name as a form may carry it while its owner corrects the rest."""
    return _signer().sign(name)


def unsign(signed: str) -> str:
    """Return the name in a form's field; empty where this tenant did not store it."""
    try:
        return _signer().unsign(signed) if signed else ""
    except BadSignature:
        return ""
