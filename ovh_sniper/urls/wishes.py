"""Addresses of the wishes pages."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from ovh_sniper.views import wish, wish_actions, wish_edit, wish_import, wishes

one_wish = [
    path("", wish.page, name="wish"),
    path("status/", wish.status, name="wish_status"),
    path("edit/", wish_edit.change, name="wish_edit"),
    path("duplicate/", wish_actions.duplicate, name="wish_duplicate"),
    path("pause/", wish_actions.pause, name="wish_pause"),
    path("resume/", wish_actions.resume, name="wish_resume"),
    path("clear/", wish_actions.clear, name="wish_clear"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("wishes/", wishes.index, name="wishes"),
    path("wishes/live/", wishes.live, name="wishes_live"),
    path("wishes/act/", wish_actions.act, name="wishes_act"),
    path("wishes/new/", wish_edit.create, name="wish_new"),
    path("wishes/import/", wish_import.page, name="wish_import"),
    path("wishes/import/sample.csv", wish_import.sample, name="wish_sample"),
    path("wishes/export.csv", wishes.export, name="wish_export"),
    path("wishes/<slug:public_id>/", include(one_wish)),
]
