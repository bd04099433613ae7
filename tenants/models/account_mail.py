"""Mails about people's log-ins, on their way out."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext_lazy as _

from tenants.fields import EncryptedJSONField
from tenants.ids import public_id


class AccountMail(models.Model):
    """A mail that waits for the mail server, or was given up; global, not a tenant's.

    A mail that was sent leaves no row, one that was given up only what went wrong.
    """

    # names the mail in its Message-ID: one that is sent twice shows once in most mailboxes
    public_id = models.CharField(max_length=22, unique=True, default=public_id, editable=False)
    address = models.EmailField(_("address"))
    # As tenants/services/account_mails.py packs it. It may hold the link of a new password, which
    # is as good as the password.
    content = EncryptedJSONField(null=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    # None: given up
    due_at = models.DateTimeField(null=True, db_index=True)
    error = models.CharField(max_length=300, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        verbose_name = _("account mail")
        verbose_name_plural = _("account mails")

    def __str__(self) -> str:
        return self.address
