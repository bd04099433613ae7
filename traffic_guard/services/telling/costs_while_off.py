"""What a server goes on costing while it is off; from the price pages of Huawei Cloud."""

from __future__ import annotations

from django.utils.translation import gettext as _

from traffic_guard.models import Server


def notes(server: Server) -> list[str]:
    """Return sentences on what a stop ends and what it does not, in the active language."""
    if server.kind == Server.Kind.FLEXUS or server.charging == "prepaid":
        return [
            _("Already paid until its plan ends: a stop refunds nothing."),
            _("While it is off it sends nothing, so no traffic above the package is billed."),
        ]
    if server.charging == "spot":
        return [*_by_use(), _("A spot server bought for fixed hours is billed all the same.")]
    if server.charging == "usage":
        return _by_use()
    return [_("It is not known how it is paid: look at the bill after the first stop.")]


def text(server: Server) -> str:
    """Return the same as one text."""
    return " ".join(notes(server))


def _by_use() -> list[str]:
    return [
        _("Processor and memory cost nothing while it is off."),
        _("Disks go on costing money, and so does an address that is billed by bandwidth."),
        _("With local disks, FPGA cards or bare metal everything goes on costing money."),
        _("The cloud may have no capacity to start it again."),
    ]
