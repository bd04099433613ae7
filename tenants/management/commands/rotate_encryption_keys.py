"""Brings every encrypted value under the first key of FIELD_ENCRYPTION_KEYS."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import DEFAULT_DB_ALIAS

from tenants import mfa_rotation
from tenants.rotation import Count, encrypted_models, rotate


class Command(BaseCommand):
    """Rotates; safe to kill, to repeat, and to run while the product works."""

    help = (
        "Re-encrypts every stored secret under the first key of FIELD_ENCRYPTION_KEYS. First put "
        "the new key in front and restart every process; then run this; remove the old key later "
        "than the oldest backup you may restore. Ends with 1 if a value is under none of the keys."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        """Take --batch, --dry-run and --database."""
        parser.add_argument("--batch", type=int, default=500, help="rows in one transaction")
        parser.add_argument("--dry-run", action="store_true", help="count only, write nothing")
        parser.add_argument("--database", default=DEFAULT_DB_ALIAS)

    def handle(self, *args: Any, **options: Any) -> None:
        """Rotate model by model and print what became of the values."""
        del args
        if options["batch"] < 1:
            raise CommandError("--batch must be at least 1.")
        how = {name: options[name] for name in ("batch", "dry_run")} | {
            "using": options["database"]
        }
        counts = {model._meta.label: rotate(model, **how) for model in encrypted_models()}
        counts[mfa_rotation.LABEL] = mfa_rotation.rotate_authenticators(**how)
        failed = 0
        for label, count in counts.items():
            self._report(label, count, "to do" if options["dry_run"] else "renewed")
            failed += len(count.unreadable) + len(count.busy)
        if failed:
            raise CommandError(f"{failed} values are not under the first key; see above.")

    def _report(self, label: str, count: Count, done: str) -> None:
        self.stdout.write(
            f"{label}: {count.renewed} {done}, {count.current} already under the first key, "
            f"{len(count.busy)} busy, {len(count.unreadable)} unreadable"
        )
        for place in count.unreadable:
            self.stderr.write(f"{place}: no key of FIELD_ENCRYPTION_KEYS opens it")
        for place in count.busy:
            self.stderr.write(f"{place}: changed again and again; run this once more")
