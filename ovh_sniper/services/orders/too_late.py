"""Why an order can no longer be taken back, or not be paid or withdrawn from, in words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext_lazy as _

from ovh_sniper.services.wording.objections import NotCancellable

if TYPE_CHECKING:
    from django.utils.functional import _StrPromise

CANCEL, PAY, RETRACT = "cancel", "pay", "retract"

OVER: _StrPromise = _("This order is over.")
OPEN: _StrPromise = _("OVH is being asked right now. Wait until its answer is there.")
WORDS: dict[tuple[str, str], _StrPromise] = {
    (CANCEL, "ordering"): _(
        "OVH was asked already, so it cannot be taken back here. Wait for its answer."
    ),
    (CANCEL, "unpaid"): _(
        "OVH has no way to cancel an order. It ends by itself when nobody pays it in time."
    ),
    (CANCEL, "paid"): _(
        "It is paid, so it cannot be cancelled. A private customer may withdraw within 14 days."
    ),
    (PAY, "paid"): _("It is paid already."),
    (RETRACT, "unpaid"): _("It is not paid. It ends by itself when nobody pays it in time."),
}


def words(error: NotCancellable, act: str = CANCEL) -> str:
    """Return why it is too late for an act ("cancel", "pay", "retract")."""
    if error.reason == "ordering":
        return str(WORDS.get((act, "ordering"), OPEN))
    return str(WORDS.get((act, error.reason), OVER))
