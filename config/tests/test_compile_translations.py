import gettext
import os
from io import StringIO
from pathlib import Path

import pytest
from babel.messages.pofile import PoFileError
from django.core.management import call_command
from pytest_django.fixtures import Settings

SOURCE = """
msgid ""
msgstr "Content-Type: text/plain; charset=utf-8\\n"
"Language: \\n"
"Plural-Forms: nplurals=1; plural=0;\\n"

msgid "%d bot"
msgid_plural "%d bots"
msgstr[0] "%d 个机器人"
msgstr[1] ""

msgid "%d message"
msgid_plural "%d messages"
msgstr[0] ""
msgstr[1] ""

msgid "Hello"
msgstr "你好"

#, fuzzy
msgid "Guess"
msgstr "猜"
"""


@pytest.fixture
def source(tmp_path: Path, settings: Settings) -> Path:
    settings.BASE_DIR = tmp_path
    settings.LOCALE_PATHS = [tmp_path / "locale"]
    path = tmp_path / "locale" / "zh_Hans" / "LC_MESSAGES" / "django.po"
    path.parent.mkdir(parents=True)
    path.write_text(SOURCE)
    return path


def compiled() -> str:
    output = StringIO()
    call_command("compile_translations", stdout=output)
    return output.getvalue()


def test_it_compiles_what_django_reads(source: Path) -> None:
    assert compiled() == "Compiled locale/zh_Hans/LC_MESSAGES/django.po\n"
    with source.with_suffix(".mo").open("rb") as file:
        texts = gettext.GNUTranslations(file)
    assert texts.gettext("Hello") == "你好"
    assert texts.ngettext("%d bot", "%d bots", 2) == "%d 个机器人"
    assert "nplurals=1" in texts.gettext("")
    assert texts.ngettext("%d message", "%d messages", 2) == "%d messages"
    assert texts.gettext("Guess") == "Guess"
    assert sorted(path.name for path in source.parent.iterdir()) == ["django.mo", "django.po"]


def test_it_compiles_again_only_after_a_change(source: Path) -> None:
    compiled()
    assert compiled() == ""
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1
    os.utime(source, ns=(later, later))
    assert compiled() != ""


def test_a_broken_catalogue_leaves_the_old_one(source: Path) -> None:
    compiled()
    before = source.with_suffix(".mo").read_bytes()
    later = source.with_suffix(".mo").stat().st_mtime_ns + 1
    source.write_text('msgid "Hello"\nmsgstr "你好\nnonsense')
    os.utime(source, ns=(later, later))
    with pytest.raises(PoFileError):
        compiled()
    assert source.with_suffix(".mo").read_bytes() == before
