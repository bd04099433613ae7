"""The form that takes many wishes from a table."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ovh_sniper.forms.wish_sources import SourceField

LARGEST = 1024 * 1024  # bytes
# What each column of services.wishes.csv_file.COLUMNS holds, with an example.
COLUMN_WORDS: dict[str, tuple[Any, str]] = {
    "plan_code": (_("OVH’s code of the plan; the only column that must be there"), "27sk15"),
    "track": (_("dedicated or vps; empty: dedicated"), "dedicated"),
    "name": (_("what your team calls it"), "Build servers"),
    "memory": (_("OVH’s name of the part; empty: any"), "ram-64g-ecc-3200"),
    "storage": (_("the same of the disks"), "softraid-2x960nvme"),
    "system_storage": (_("the same of a separate system disk"), "softraid-2x500nvme-system"),
    "gpu": (_("the same of a GPU"), "nvidia-l4"),
    "extras": (_("family=code, with spaces between them"), "bandwidth=bandwidth-1000-27rise"),
    "datacenters": (_("codes in order, with spaces between them; empty: any"), "gra rbx"),
    "quantity": (_("how many servers; empty: one"), "2"),
    "max_delivery_hours": (_("longest delivery; empty: any"), "72"),
    "cap_due_now": (_("most to pay now for one server, tax included; empty: no limit"), "40.00"),
    "cap_renewal": (_("most for a month later, tax included; empty: no limit"), "20.00"),
    "budget_day": (_("for all its orders of a day, tax included"), "100"),
    "budget_month": (_("for all its orders of a month, tax included"), "500"),
    "schedule": (
        _("days (0 is Monday) and hours; empty: always"),
        "days=01234 from=09:00 to=18:00",
    ),
    "expires_at": (_("when it ends, with its offset; empty: never"), "2027-12-31T18:00+08:00"),
    "mode": (_("alert, ask or order; empty: alert"), "ask"),
    "autopay": (_("yes or no; only an admin may say yes"), "no"),
    "waive_retractation": (_("yes or no"), "no"),
    "dry_run": (_("yes or no"), "no"),
    "guards_repeats": (_("yes or no; empty: yes"), "yes"),
}


class ImportForm(forms.Form):
    """A file, or the same text pasted; and whose account the lines are for."""

    file = forms.FileField(
        label=_("File"),
        required=False,
        help_text=_("CSV in UTF-8, at most 1 MB and 1,000 lines."),
        widget=forms.ClearableFileInput(attrs={"accept": ".csv,text/csv,text/plain"}),
    )
    text = forms.CharField(
        label=_("Or paste the lines here"),
        required=False,
        max_length=LARGEST,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 8, "spellcheck": "false", "class": "code"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        source = SourceField(
            label=_("Account"),
            help_text=_("For all lines: whose account orders, or whose prices are watched."),
        )
        self.fields["source"] = source
        self.initial.setdefault("source", source.first().key)

    def clean_file(self) -> str:
        """Return the file's text. Raises ValidationError."""
        upload: Any = self.cleaned_data["file"]
        if upload is None:
            return ""
        if upload.size > LARGEST:
            raise forms.ValidationError(_("The file is too large."))
        try:
            text = str(upload.read(), "utf-8")
        except UnicodeDecodeError:
            raise forms.ValidationError(_("The file is not text in UTF-8.")) from None
        if "\x00" in text:
            raise forms.ValidationError(_("Null characters are not allowed."))
        return text

    def clean(self) -> dict[str, Any]:
        """See that there is one table, not two."""
        cleaned: dict[str, Any] = super().clean() or {}
        file, text = cleaned.get("file") or "", cleaned.get("text") or ""
        if file and text.strip():
            self.add_error("text", _("Give a file or lines, not both."))
        elif not file and not text.strip() and not self.errors:
            self.add_error("file", _("Choose a file, or paste the lines."))
        return cleaned

    def table(self) -> str:
        """Return the lines of the valid form."""
        return str(self.cleaned_data["file"] or self.cleaned_data["text"])
