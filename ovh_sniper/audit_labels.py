"""What the audit page calls the acts on OVH accounts, wishes and orders."""

from django.utils.translation import gettext_lazy as _

LABELS = {
    "ovh_account.linked": _("OVH account linked"),
    "ovh_account.changed": _("OVH account changed"),
    "ovh_account.consent_requested": _("Consent asked for at OVH"),
    "ovh_account.consent_returned": _("Back from OVH’s consent page"),
    "ovh_account.consent_given": _("Consent given at OVH"),
    "ovh_account.check_requested": _("OVH account looked at again"),
    "ovh_account.disconnected": _("OVH account disconnected"),
    "ovh_wish.created": _("Wish made"),
    "ovh_wish.changed": _("Wish changed"),
    "ovh_wish.paused": _("Wish paused"),
    "ovh_wish.resumed": _("Wish resumed"),
    "ovh_wish.removed": _("Wish removed"),
    "ovh_order.placed": _("Server ordered"),
    "ovh_order.refused": _("Server order refused"),
    "ovh_order.checking": _("Server order checked by OVH"),
    "ovh_order.documents": _("OVH asked for documents"),
    "ovh_order.delivering": _("Server being delivered"),
    "ovh_order.delivered": _("Server delivered"),
    "ovh_order.cancelled": _("Server order cancelled"),
    "ovh_order.price_differs": _("OVH booked another price"),
    "ovh_order.link_shown": _("Payment link shown"),
    "ovh_order.pay_requested": _("Payment asked for"),
    "ovh_order.pay_sent": _("Payment sent to OVH"),
    "ovh_order.pay_lost": _("Payment did not reach OVH"),
    "ovh_order.retract_requested": _("Withdrawal asked for"),
    "ovh_order.retract_sent": _("Withdrawal sent to OVH"),
    "ovh_settings.changed": _("OVH settings changed"),
}
