"""What all parts of the API share: scopes, and refusals in HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import ClassVar

from django.core.exceptions import ValidationError
from rest_framework import exceptions, status

from ovh_sniper.services.orders import reasons, too_late
from ovh_sniper.services.wording.objections import CannotOrder, NotCancellable, Repeated
from tenants.api_input import by_field
from tenants.api_lists import Conflict, ListViewSet

READ, WRITE, ORDER, PAY = "ovh:read", "ovh:write", "ovh:order", "ovh:pay"


class NotOrderable(exceptions.APIException):
    """It was understood, and cannot be ordered; the fact `reason` is a word for programs."""

    status_code = status.HTTP_422_UNPROCESSABLE_ENTITY
    default_code = "cannot_order"

    def __init__(self, error: CannotOrder) -> None:
        super().__init__(reasons.words(error.reason, error.detail))
        self.facts = {"reason": error.reason}


class ProductViewSet(ListViewSet):
    """One kind of thing of this product."""

    required_scopes: ClassVar[dict[str, str]] = {"read": READ, "write": WRITE}


@contextmanager
def refusals_in_http(act: str = too_late.CANCEL) -> Iterator[None]:
    """Turn what the services refuse into answers; `act` is what came too late, if it did."""
    try:
        yield
    except ValidationError as error:
        raise exceptions.ValidationError(by_field(error)) from error
    except Repeated as error:
        message = reasons.words("repeat")
        raise Conflict(message, "repeated", order=error.order.public_id) from error
    except NotCancellable as error:
        message = too_late.words(error, act)
        raise Conflict(message, "not_cancellable", reason=error.reason) from error
    except CannotOrder as error:
        raise NotOrderable(error) from error
