"""What all parts of the API share: scopes, the zone in which times are said, refusals in HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

from django.core.exceptions import ValidationError
from django.utils.translation import gettext as _
from rest_framework import exceptions, status

from tenants.api_input import by_field
from tenants.api_lists import Conflict, ListViewSet
from traffic_guard.models import PlannedStop
from traffic_guard.services.accounts.linking import InUse
from traffic_guard.services.guarding.planning import TooLate
from traffic_guard.services.policies.editing import Invalid

READ, WRITE, POWER = "traffic:read", "traffic:write", "traffic:power"
POWERED: dict[str, str] = {"read": READ, "write": POWER}


class NothingDone(exceptions.APIException):
    """No server of a request can be stopped, started or rebooted; `refused` says why for each."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "nothing_done"

    def __init__(self, refused: Any) -> None:
        super().__init__(_("None of these servers can do that now."))
        self.facts = {"refused": refused}


class ProductViewSet(ListViewSet):
    """One kind of thing of this product."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}

    def get_serializer_context(self) -> dict[str, Any]:
        """Return what serializers need: among it the zone in which sentences say times."""
        found = dict(super().get_serializer_context())
        # whoever only describes the API has no tenant
        name = "UTC" if getattr(self, "swagger_fake_view", False) else self.tenant.time_zone
        return found | {"zone": ZoneInfo(name)}


@contextmanager
def refusals_in_http() -> Iterator[None]:
    """Turn what the services refuse into answers."""
    try:
        yield
    except ValidationError as error:
        raise exceptions.ValidationError(by_field(error)) from error
    except Invalid as error:
        fields = {name: [words] for name, words in error.errors.items()}
        raise exceptions.ValidationError(fields) from error
    except InUse as error:
        said = _("A stop or start of it is being looked up at the cloud. Try again in a minute.")
        raise Conflict(said, "in_use") from error
    except TooLate as error:
        state = PlannedStop.State(error.state)
        said = _("It is too late: this stop is “%(state)s”.") % {"state": state.label}
        raise Conflict(said, "too_late", state=state.value) from error
