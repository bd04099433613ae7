"""Hardware in words, for people. What is ordered never depends on these."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

MEMORY = re.compile(r"ram-(\d+)g\b")
DISKS = re.compile(r"(\d+)x(\d+)(nvme|ssd|sa)\b")
KINDS = {"nvme": "NVMe", "ssd": "SSD", "sa": "HDD"}
MOST_DISKS = 2


def summary(parts: Mapping[str, Sequence[str]]) -> str:
    """Return what a plan can have, of OVH's names of its parts: "32–64 GB RAM, 2× 500 GB NVMe"."""
    found = [memories(parts.get("memory", ())), storages(parts.get("storage", ()))]
    found += list(parts.get("gpu", ()))
    return ", ".join(filter(None, found))


def memories(names: Iterable[str]) -> str:
    """Return the span of some memories; a name of another form stands as it is."""
    sizes = {int(found[1]) for name in names if (found := MEMORY.match(name))}
    if not sizes:
        return ", ".join(names)
    least, most = min(sizes), max(sizes)
    size = str(least) if least == most else f"{least}–{most}"
    return _("%(size)s GB RAM") % {"size": size}


def storages(names: Sequence[str]) -> str:
    """Return some storages, the first ones by name."""
    shown = ", ".join(storage(name) for name in names[:MOST_DISKS])
    more = len(names) - MOST_DISKS
    if more <= 0:
        return shown
    return ngettext("%(disks)s and %(n)s more", "%(disks)s and %(n)s more", more) % {
        "disks": shown,
        "n": more,
    }


def storage(name: str) -> str:
    """Return a storage in words: `softraid-2x960nvme` is "2× 960 GB NVMe"."""
    disks = DISKS.findall(name)
    if not disks:
        return name
    return " + ".join(f"{count}× {_size(int(size))} {KINDS[kind]}" for count, size, kind in disks)


def _size(gigabytes: int) -> str:
    if gigabytes >= 1000 and gigabytes % 1000 == 0:
        return _("%(n)s TB") % {"n": gigabytes // 1000}
    return _("%(n)s GB") % {"n": gigabytes}
