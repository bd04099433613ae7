"""Compile every .po of this checkout into the .mo that Django reads, without GNU gettext."""

import io
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from django.apps import apps
from django.conf import settings
from django.core.management import BaseCommand

# makemessages writes a second, empty plural even for Chinese, which has one form: babel takes the
# file for broken then. An empty form says nothing in any language.
EMPTY_PLURAL = re.compile(r'^msgstr\[[1-9][0-9]*\] ""\n(?!")', re.MULTILINE)


def catalogues() -> Iterator[Path]:
    """Yield the .po files of the project and of its own apps, not those of installed packages."""
    folders = {Path(folder) for folder in settings.LOCALE_PATHS}
    for app in apps.get_app_configs():
        folder = Path(app.path) / "locale"
        if Path(app.path).parent == settings.BASE_DIR:
            folders.add(folder)
    for folder in sorted(folders):
        yield from sorted(folder.glob("*/LC_MESSAGES/*.po"))


def is_current(source: Path, target: Path) -> bool:
    """Tell whether the compiled file is at least as new as its source."""
    return target.exists() and target.stat().st_mtime_ns >= source.stat().st_mtime_ns


def compile_one(source: Path, target: Path) -> None:
    """Compile one catalogue; a reader sees the old file or the new one, never half of it.

    Raises:
        babel.messages.pofile.PoFileError: the source is not a valid catalogue.
    """
    text = EMPTY_PLURAL.sub("", source.read_text(encoding="utf-8"))
    catalogue = read_po(io.StringIO(text), abort_invalid=True)
    # The folder's name: makemessages leaves the header's language empty, and without one babel
    # leaves the plural rule out of the compiled file.
    catalogue.locale = source.parent.parent.name
    for message in list(catalogue):
        # babel would write the English singular for every number
        if isinstance(message.string, tuple) and not all(message.string):
            catalogue.delete(message.id, message.context)
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    with draft.open("wb") as file:
        write_mo(file, catalogue)  # leaves fuzzy entries out
    draft.replace(target)


class Command(BaseCommand):
    """Part of `make run`, of the tests and of the image's build."""

    help = __doc__ or ""
    requires_system_checks = []

    def handle(self, *args: Any, **options: Any) -> None:
        """Compile what is older than its source."""
        del args, options
        for source in catalogues():
            target = source.with_suffix(".mo")
            if not is_current(source, target):
                compile_one(source, target)
                self.stdout.write(f"Compiled {source.relative_to(settings.BASE_DIR)}")
