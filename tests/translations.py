"""Both Chinese catalogues are complete: every text of the tree, translated, placeholders kept.

`python -m tests.translations` exits 1 and names what is missing; `make translations` extracts.
"""

from __future__ import annotations

import re
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from babel.messages import Catalog
from babel.messages.catalog import Message
from babel.messages.pofile import read_po

ROOT = Path(__file__).resolve().parent.parent
LOCALES = ("zh_Hans", "zh_Hant")
PLACEHOLDER = re.compile(r"%\([a-z_]+\)[sd]|%[sd]|\{[a-z_]*\}")
TAG = re.compile(r"</?[a-z][^>]*>")


def catalogue(path: Path) -> Catalog:
    """Read a .po file."""
    with path.open("rb") as file:
        return read_po(file)


def po_file(locale: str) -> Path:
    """Return where a language's texts stand."""
    return ROOT / "locale" / locale / "LC_MESSAGES" / "django.po"


def forms(text: object) -> list[str]:
    """Return a message's singular and plural, or its only form."""
    many = text if isinstance(text, list | tuple) else (text,)
    return [str(one or "") for one in many]


def key(message: Message) -> tuple[str, ...]:
    """Return what tells a message: its context and its texts."""
    return (message.context or "", *forms(message.id))


def problems_of(message: Message) -> Iterator[str]:
    """Name what is wrong with one translation."""
    texts, ids = forms(message.string), forms(message.id)
    if message.fuzzy:
        yield "is fuzzy"
    if not all(texts):
        yield "is not translated"
        return
    for text in texts:
        # Chinese has one form: it may leave out the number that English's singular leaves out
        if set(PLACEHOLDER.findall(text)) - set(PLACEHOLDER.findall(" ".join(ids))):
            yield f"has a placeholder of its own: {text!r}"
        missing = set(PLACEHOLDER.findall(ids[-1])) - set(PLACEHOLDER.findall(text))
        if missing:
            yield f"lacks {', '.join(sorted(missing))}: {text!r}"
        if sorted(TAG.findall(text)) != sorted(TAG.findall(ids[-1])):
            yield f"has other tags: {text!r}"


def extracted(locale: str) -> set[tuple[str, ...]]:
    """Return the texts that the tree has now; the catalogue itself stays as it is."""
    path = po_file(locale)
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "kept.po"
        kept.write_bytes(path.read_bytes())
        command = [sys.executable, "manage.py", "makemessages", "-l", locale, "--no-location"]
        names = (".venv", ".venv-bench", "var", "tests")
        ignored = [word for name in names for word in ("-i", name)]
        try:
            subprocess.run(  # our own command
                [*command, "--no-obsolete", *ignored, "-v", "0"], cwd=ROOT, check=True
            )
            return {key(message) for message in catalogue(path) if message.id}
        finally:
            path.write_bytes(kept.read_bytes())


def main() -> int:
    """Check both languages; print what is wrong."""
    wrong = 0
    for locale in LOCALES:
        messages = [message for message in catalogue(po_file(locale)) if message.id]
        for lost in sorted(extracted(locale) - {key(message) for message in messages}):
            print(f"{locale}: {lost[1]!r} is not in the catalogue: run `make translations`")
            wrong += 1
        for message in messages:
            for problem in problems_of(message):
                print(f"{locale}: {key(message)[1]!r} {problem}")
                wrong += 1
        print(f"{locale}: {len(messages)} texts")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
