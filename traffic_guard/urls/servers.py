"""Addresses of the dashboard, servers and their history."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from traffic_guard.views import (
    acting,
    batch,
    dashboard,
    exports,
    history,
    pausing,
    server,
    servers,
    settings,
    stops,
    whatif,
)

one_server = [
    path("", server.page, name="server"),
    path("status/", server.status, name="server_status"),
    path("history/", history.page, name="server_history"),
    path("readings.csv", exports.readings, name="readings_export"),
    path("what-if/", whatif.page, name="whatif"),
]

one_stop = [
    path("postpone/", stops.postpone, name="stop_postpone"),
    path("skip/", stops.skip, name="stop_skip"),
    path("cancel/", stops.cancel, name="stop_cancel"),
    path("now/", stops.now, name="stop_now"),
    path("approve/", stops.approve, name="stop_approve"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("", dashboard.page, name="dashboard"),
    path("live/", dashboard.live, name="dashboard_live"),
    path("pause/", pausing.pause, name="pause"),
    path("resume/", pausing.resume, name="resume"),
    path("settings/", settings.page, name="settings"),
    path("servers/", servers.index, name="servers"),
    path("servers/live/", servers.live, name="servers_live"),
    path("servers/act/", acting.act, name="servers_act"),
    path("servers/export.csv", exports.servers, name="servers_export"),
    path("servers/batch/<slug:batch>/", batch.page, name="batch"),
    path("servers/<slug:public_id>/", include(one_server)),
    path("stops/<slug:public_id>/", include(one_stop)),
]
