"""Addresses of the queue and of orders."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

from ovh_sniper.views import order, order_actions, order_new, orders, queue

one_order = [
    path("", order.page, name="order"),
    path("cancel/", order_actions.cancel, name="order_cancel"),
    path("pay/", order_actions.pay, name="order_pay"),
    path("link/", order_actions.link, name="order_link"),
    path("withdraw/", order_actions.retract, name="order_retract"),
]

urlpatterns: list[URLPattern | URLResolver] = [
    path("queue/", queue.page, name="queue"),
    path("orders/", orders.index, name="orders"),
    path("orders/new/", order_new.order_new, name="order_new"),
    path("orders/export.csv", orders.export, name="orders_export"),
    path("orders/<slug:public_id>/", include(one_order)),
]
