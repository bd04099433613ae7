"""How allauth writes to people and keeps their second factor."""

from __future__ import annotations

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.core.mail import EmailMessage
from django.utils import translation

from tenants.encryption import ring
from tenants.mail_queue import MailQueue
from tenants.models import User


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """Remembers the language somebody signed up in, and writes mails in it."""

    def save_user(self, request: Any, user: User, form: Any, commit: bool = True) -> User:  # noqa: FBT001,FBT002 - allauth's signature
        """Fill a new user from the sign-up form."""
        user.language = translation.get_language() or ""
        saved: User = super().save_user(request, user, form, commit=commit)
        return saved

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Send in the language of whoever gets it; who is unknown gets the page's."""
        user = context.get("user") or User.objects.filter(email=email.lower()).first()
        with translation.override(getattr(user, "language", "") or translation.get_language()):
            super().send_mail(template_prefix, email, context)

    def render_mail(self, *args: Any, **kwargs: Any) -> EmailMessage:
        """Render as allauth does; the mail is queued: no page waits for a mail server."""
        message: EmailMessage = super().render_mail(*args, **kwargs)
        message.connection = MailQueue()
        return message


class MFAAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """Encrypts TOTP secrets and the seeds of recovery codes, which allauth stores as they are."""

    def encrypt(self, text: str) -> str:
        """Return the ciphertext under the first of FIELD_ENCRYPTION_KEYS."""
        return ring().encrypt(text)

    def decrypt(self, encrypted_text: str) -> str:
        """Return the secret; raises DecryptionError if no key opens it."""
        return ring().decrypt(encrypted_text, where="mfa.Authenticator.data")
