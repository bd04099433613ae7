"""Addresses of the REST API."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path
from rest_framework.routers import SimpleRouter

from ovh_sniper.api import accounts, alerts, orders, preferences, queue, stock, wishes

router = SimpleRouter()
router.register("accounts", accounts.AccountViewSet, basename="api-accounts")
router.register("stock", stock.StockViewSet, basename="api-stock")
router.register("plans", stock.PlanViewSet, basename="api-plans")
router.register("changes", stock.ChangeViewSet, basename="api-changes")
router.register("wishes", wishes.WishViewSet, basename="api-wishes")
router.register("orders", orders.OrderViewSet, basename="api-orders")
router.register("alerts", alerts.AlertViewSet, basename="api-alerts")

urlpatterns: list[URLPattern | URLResolver] = [
    *router.urls,
    path("queue/", queue.QueueView.as_view(), name="api-queue"),
    path("settings/", preferences.SettingsView.as_view(), name="api-settings"),
]
