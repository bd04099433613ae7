"""Addresses of the stock pages."""

from __future__ import annotations

from django.urls import URLPattern, path

from ovh_sniper.views import changes, plan, stock, vps

urlpatterns: list[URLPattern] = [
    path("", stock.page, name="stock"),
    path("live/", stock.live, name="stock_live"),
    path("stock/<slug:host>/<str:plan_code>/", plan.page, name="plan"),
    path("changes/", changes.page, name="changes"),
    path("vps/", vps.page, name="vps"),
]
