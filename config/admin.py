"""Third parties' models in the operators' admin, in the operators' theme."""

from __future__ import annotations

from typing import Any

# each registers its own pages, which are replaced below
import allauth.account.admin
import allauth.mfa.admin  # noqa: F401
import django.contrib.auth.admin
import django_celery_beat.admin
from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.contrib import admin
from django.contrib.admin.models import LogEntry
from django.contrib.auth.models import Group
from django.db.models import QuerySet
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _
from django_celery_beat.models import (
    ClockedSchedule,
    CrontabSchedule,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
)
from unfold.contrib.filters.admin import AutocompleteSelectFilter, ChoicesDropdownFilter
from unfold.decorators import display
from unfold.widgets import UnfoldAdminSelectWidget, UnfoldAdminTextInputWidget

from tenants.admin_base import OperatorAdmin, ReadOnlyAdmin
from tenants.admin_filters import within

OF_USER = ("user", AutocompleteSelectFilter)

for model in (
    Authenticator,  # its page showed the data of second factors
    ClockedSchedule,
    CrontabSchedule,
    EmailAddress,
    Group,
    IntervalSchedule,
    PeriodicTask,
    SolarSchedule,
):
    admin.site.unregister(model)


# --- Log-ins


@admin.register(Group)
class GroupAdmin(OperatorAdmin, django.contrib.auth.admin.GroupAdmin):
    """Sets of rights for operators who are no superusers."""

    list_display = ("name",)


@admin.register(EmailAddress)
class EmailAddressAdmin(ReadOnlyAdmin):
    """The addresses of log-ins; people change and confirm them themselves."""

    related = ("user",)
    list_display = ("email", "user", "verified", "primary")
    list_filter = ("verified", "primary")
    search_fields = ("email", "user__email", "user__name")
    ordering = ("-pk",)
    fields = ("email", "user", "verified", "primary")


@admin.register(Authenticator)
class AuthenticatorAdmin(ReadOnlyAdmin):
    """Who has a second factor; its data are on no page."""

    related = ("user",)
    list_display = ("user", "type", "created_at", "last_used_at")
    list_filter = (("type", ChoicesDropdownFilter), OF_USER)
    search_fields = ("user__email", "user__name")
    ordering = ("-pk",)
    fields = ("user", "type", "created_at", "last_used_at")


@admin.register(LogEntry)
class LogEntryAdmin(ReadOnlyAdmin):
    """What operators did here, also to what belongs to no tenant."""

    related = ("user", "content_type")
    list_display = ("action_time", "user", "content_type", "object_repr", "what")
    list_filter = (OF_USER, within("action_time", _("time")))
    search_fields = ("object_repr", "change_message", "user__email")
    ordering = ("-pk",)
    sortable_by = ()
    fields = ("action_time", "user", "content_type", "object_id", "object_repr", "what")

    @display(description=_("what happened"))
    def what(self, entry: LogEntry) -> str:
        """The change in words."""
        return entry.get_change_message()


# --- Clock work


class TaskSelect(UnfoldAdminSelectWidget, django_celery_beat.admin.TaskSelectWidget):
    """The tasks that workers know, in the theme's select box."""


class PeriodicTaskForm(django_celery_beat.admin.PeriodicTaskForm):
    """The form of django_celery_beat with the theme's boxes."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["task"].widget = UnfoldAdminTextInputWidget()
        self.fields["regtask"].widget = TaskSelect()


@admin.register(PeriodicTask)
class PeriodicTaskAdmin(django_celery_beat.admin.PeriodicTaskAdmin, OperatorAdmin):
    """The beat table. Rows of config/celery.py are written anew when beat starts."""

    form = PeriodicTaskForm
    # its own page has an inline script, which the CSP refuses
    change_form_template = None
    related = ("interval", "crontab")
    date_hierarchy = None
    list_display = ("name", "task", "enabled", "schedule_text", "total_run_count", "last_run_at")
    list_filter = ("enabled", "one_off")
    actions = ("enable_tasks", "disable_tasks", "run_tasks")
    ordering = ("name",)
    fieldsets = (
        (None, {"fields": ("name", "regtask", "task", "enabled", "description")}),
        (
            _("Schedule"),
            {"fields": ("interval", "crontab", "start_time", "last_run_at", "one_off")},
        ),
        (_("Arguments"), {"fields": ("args", "kwargs")}),
        (_("Execution"), {"fields": ("expires", "expire_seconds", "queue", "priority")}),
    )
    readonly_fields = ("last_run_at",)

    @display(description=_("schedule"))
    def schedule_text(self, task: PeriodicTask) -> str:
        """When it runs."""
        return str(task.interval or task.crontab or "")

    def get_queryset(self, request: HttpRequest) -> QuerySet[PeriodicTask]:
        """Return the tasks with their schedules."""
        return OperatorAdmin.get_queryset(self, request)


@admin.register(IntervalSchedule)
class IntervalScheduleAdmin(OperatorAdmin):
    """Every so often."""

    list_display = ("__str__", "every", "period")
    ordering = ("pk",)


@admin.register(CrontabSchedule)
class CrontabScheduleAdmin(OperatorAdmin):
    """At times of day, week or month."""

    list_display = ("__str__", "human_readable")
    fields = (
        "human_readable",
        "minute",
        "hour",
        "day_of_month",
        "month_of_year",
        "day_of_week",
        "timezone",
    )
    readonly_fields = ("human_readable",)
    ordering = ("pk",)
