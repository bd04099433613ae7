"""Addresses of the bots' REST API and pages."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from bots import api
from bots.urls_channels import urlpatterns_channels
from bots.views import actions, bot, connect, home, listing, trouble

app_name = "bots"

router = SimpleRouter()
router.register("bots", api.BotViewSet, basename="api-bots")

one_bot = [
    path("", bot.page, name="bot"),
    path("enable/", actions.enable, name="enable"),
    path("disable/", actions.disable, name="disable"),
    path("settings/", actions.change, name="change"),
    path("token/", actions.replace_token, name="replace_token"),
    path("check/", actions.check, name="check"),
    path("test-message/", actions.test_message, name="test_message"),
    path("link/", actions.link_me, name="link_me"),
    path("delete/", actions.delete, name="delete"),
    path("updates/", trouble.updates, name="updates"),
    path("updates/<int:number>/", trouble.update, name="update"),
    path("updates/<int:number>/replay/", trouble.replay, name="replay"),
    path("outbox/", trouble.outbox, name="outbox"),
    path("outbox/retry/", trouble.retry, name="retry"),
]

urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("api/bot/register-webhook/", api.RegisterWebhookView.as_view(), name="register-webhook"),
    path("api/bot/remove-webhook/", api.RemoveWebhookView.as_view(), name="remove-webhook"),
    path("t/<slug:slug>/", home.home, name="home"),
    path("t/<slug:slug>/bots/", listing.index, name="list"),
    path("t/<slug:slug>/bots/connect/", connect.check, name="connect"),
    path("t/<slug:slug>/bots/connect/finish/", connect.finish, name="connect_finish"),
    path("t/<slug:slug>/bots/<slug:bot_id>/", include(one_bot)),
    *urlpatterns_channels,
]
