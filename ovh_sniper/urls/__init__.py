"""Addresses of the product: the pages of a tenant, and the REST API."""

from django.urls import URLPattern, URLResolver, include, path

from ovh_sniper.urls import accounts, api, orders, settings, stock, wishes

app_name = "ovh_sniper"

pages: list[URLPattern | URLResolver] = [
    *stock.urlpatterns,
    *wishes.urlpatterns,
    *orders.urlpatterns,
    *accounts.urlpatterns,
    *settings.urlpatterns,
]

urlpatterns = [
    path("api/v1/ovh/", include(api.urlpatterns)),
    path("t/<slug:slug>/ovh/", include(pages)),
]
