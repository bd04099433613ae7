"""What all pages of the operators' admin share: quick lists, no secrets, acts that are noted.

The middleware opens `unscoped` for operators, so lists show all tenants. An act on one row opens
its tenant's scope inside that (tenants.scoping narrows, never widens), with the transaction and the
row-level security that this brings, and notes itself there as an operator's.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.core.exceptions import PermissionDenied
from django.db.models import Model, Q, QuerySet
from django.http import Http404, HttpRequest, HttpResponse  # noqa: TID251 - pages of the admin
from django.shortcuts import render  # noqa: TID251
from django.urls import reverse
from django_htmx.http import HttpResponseClientRedirect
from unfold.admin import ModelAdmin
from unfold.enums import ActionVariant
from unfold.forms import BaseDialogForm

from tenants import admin_labels
from tenants.fields import EncryptedTextField
from tenants.paging import CappedPaginator

AT_ONCE = 200
SEARCHED_THROUGH = 1000


@dataclass(frozen=True)
class Operation:
    """Something an operator does to rows: a button on a row's page, an action on the list.

    `run(request, row)` tells whether there was anything to do; it runs outside any transaction and
    notes itself in the row's tenant. `done` and `left` are ngettext_lazy texts over `count`.
    """

    name: str
    label: Any
    question: Any
    icon: str
    run: Callable[[HttpRequest, Any], bool]
    done: Any
    left: Any
    # whether a row's page shows the button
    fits: Callable[[Any], bool] = bool
    variant: ActionVariant = ActionVariant.DEFAULT


class OperatorAdmin(ModelAdmin):  # type: ignore[misc]
    """A list and a page of rows of all tenants.

    `related` are the foreign keys that a row is shown with: fetched in the same query, encrypted
    columns left out of it.
    """

    related: tuple[str, ...] = ()
    operations: tuple[Operation, ...] = ()
    # searched by equality where the operator types a number
    number_fields: tuple[str, ...] = ()
    # of a table with millions of rows: searched by those few that its foreign keys lead to, each
    # with the fields to search there
    searched_through: Mapping[str, tuple[str, ...]] = {}
    # a product's words for fields that its models leave unnamed
    labels: Mapping[str, Any] = {}

    list_per_page = 50
    list_max_show_all = 200
    list_filter_submit = True
    list_disable_select_all = True
    show_full_result_count = False
    # counts beside each choice of each filter are scans of the table
    show_facets = ShowFacets.NEVER
    paginator: Any = CappedPaginator
    actions: Any = ()
    actions_detail: Any = ()
    empty_value_display = "–"

    def __init__(self, model: type[Model], site: Any) -> None:
        for named in (model, *(inline.model for inline in self.inlines)):
            admin_labels.apply(named, self.labels)
        super().__init__(model, site)
        self.actions = [*(self.actions or ()), *(self._for_list(one) for one in self.operations)]
        self.actions_detail = [*self.actions_detail, *(one.name for one in self.operations)]
        for one in self.operations:
            setattr(self, one.name, self._for_page(one))

    def get_queryset(self, request: HttpRequest) -> QuerySet[Any]:
        """Return the rows of all tenants with what they are shown with, without secrets."""
        rows = super().get_queryset(request).defer(*secrets_of(self.model))
        if not self.related:
            return rows  # type: ignore[no-any-return]
        hidden = [f"{path}__{name}" for path in self.related for name in _secrets_at(self, path)]
        return rows.select_related(*self.related).defer(*secrets_of(self.model), *hidden)  # type: ignore[no-any-return]

    def get_search_fields(self, request: HttpRequest) -> tuple[str, ...]:
        """Return the fields to search; a number is looked up as such, which an index serves."""
        fields = tuple(super().get_search_fields(request))
        term = request.GET.get("q", "").strip()
        is_number = term.removeprefix("-").isdecimal() and len(term) < 19
        return (
            (*(f"{name}__exact" for name in self.number_fields), *fields) if is_number else fields
        )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Any], search_term: str
    ) -> tuple[QuerySet[Any], bool]:
        """Return the rows with all words of a search, and whether some may come twice."""
        if not self.searched_through:
            found: tuple[QuerySet[Any], bool] = super().get_search_results(
                request, queryset, search_term
            )
            return found
        for word in search_term.split():
            leading = Q(pk__in=[])
            for name, fields in self.searched_through.items():
                leading |= Q(**{f"{name}__in": _with_word(self.model, name, fields, word)})
            queryset = queryset.filter(leading)
        return queryset, False

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """Return the list's actions; rows are never deleted by the dozen."""
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)
        return actions

    def get_actions_detail(self, request: HttpRequest, object_id: Any) -> list[Any]:
        """Return the buttons of a row's page that mean something for this row."""
        shown: list[Any] = super().get_actions_detail(request, object_id)
        if not self.operations or not shown:
            return shown
        row = self.get_object(request, str(object_id))
        unfit = {one.name for one in self.operations if row is None or not one.fits(row)}
        return [one for one in shown if one.path not in unfit]

    def has_operate_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Whether the operator may act on rows, also where none of their fields can be edited."""
        del obj
        codename = f"{self.opts.app_label}.change_{self.opts.model_name}"
        return bool(request.user.has_perm(codename))

    def may_operate(self, request: HttpRequest, row: Any) -> bool:
        """Whether the operator may act on this very row."""
        del request, row
        return True

    # --- Operations

    def _for_list(self, one: Operation) -> Any:
        """Return the operation as Django calls an action of the list."""

        def act(admin: Any, request: HttpRequest, rows: QuerySet[Any]) -> None:
            del admin
            self.operate(request, one, list(rows[:AT_ONCE]))

        return _described(act, one)

    def _for_page(self, one: Operation) -> Any:
        """Return the operation as unfold calls a button: asked first, done by POST only."""

        def act(request: HttpRequest, object_id: str) -> HttpResponse:
            row = self.get_object(request, object_id)
            if row is None:
                raise Http404
            if request.method != "POST":
                form = BaseDialogForm(request=request, object_id=object_id)
                context = {"dialog": act.dialog, "form": form, "form_submit_text": one.label}  # type: ignore[attr-defined]
                return render(request, "unfold/helpers/dialog.html", context)
            self.operate(request, one, [row])
            return HttpResponseClientRedirect(
                reverse(f"admin:{self.opts.app_label}_{self.opts.model_name}_change", args=[row.pk])
            )

        return _described(act, one)

    def operate(self, request: HttpRequest, one: Operation, rows: list[Any]) -> None:
        """Do it to each row and say how it went.

        Raises:
            PermissionDenied: the operator lacks the model's change permission.
        """
        if not self.has_operate_permission(request):
            raise PermissionDenied
        done = [row for row in rows if self.may_operate(request, row) and one.run(request, row)]
        for row in done:
            self.log_change(request, row, str(one.label))
        if done:
            self.message_user(request, one.done % {"count": len(done)}, messages.SUCCESS)
        if left := len(rows) - len(done):
            self.message_user(request, one.left % {"count": left}, messages.WARNING)


def _described(act: Any, one: Operation) -> Any:
    act.__name__ = one.name
    act.short_description = one.label
    act.allowed_permissions = ["operate"]
    act.url_path = one.name
    act.attrs = {}
    act.icon = one.icon
    act.variant = one.variant
    act.dialog = {"title": one.label, "description": one.question}
    return act


def _with_word(model: type[Model], name: str, fields: tuple[str, ...], word: str) -> list[Any]:
    """Return the keys of rows behind a foreign key that have a word in one of some fields."""
    wanted = Q()
    for field in fields:
        wanted |= Q(**{f"{field}__icontains": word})
    related: Any = model._meta.get_field(name).related_model
    rows = related._default_manager.filter(wanted)
    return list(rows.values_list("pk", flat=True)[:SEARCHED_THROUGH])


def secrets_of(model: type[Model]) -> list[str]:
    """Return a model's encrypted columns."""
    return [field.name for field in model._meta.fields if isinstance(field, EncryptedTextField)]


def _secrets_at(admin: OperatorAdmin, path: str) -> list[str]:
    model = admin.model
    for name in path.split("__"):
        model = model._meta.get_field(name).related_model
    return secrets_of(model)


class ReadOnlyAdmin(OperatorAdmin):
    """Rows that operators look at and never write."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        del request
        return False

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        del request, obj
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        del request, obj
        return False


class EditOnlyAdmin(OperatorAdmin):
    """Rows that operators change, but neither add nor delete."""

    def has_add_permission(self, request: HttpRequest) -> bool:
        """Refuse."""
        del request
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse."""
        del request, obj
        return False
