"""What the audit page calls the acts on giveaways."""

from django.utils.translation import gettext_lazy as _

LABELS = {
    "giveaway.created": _("Giveaway drafted"),
    "giveaway.changed": _("Giveaway changed"),
    "giveaway.published": _("Giveaway published"),
    "giveaway.posted": _("Giveaway posted again"),
    "giveaway.cancelled": _("Giveaway called off"),
    "giveaway.drawn": _("Giveaway drawn"),
}
