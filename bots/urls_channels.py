"""Addresses of the pages of notification channels and broadcasts; bots/urls.py takes them in."""

from django.urls import path

from bots.views import broadcasts, channels

CHANNELS = "t/<slug:slug>/channels/"
CHANNEL = CHANNELS + "<slug:public_id>/"
BROADCASTS = "t/<slug:slug>/broadcasts/"
BROADCAST = BROADCASTS + "<slug:public_id>/"

urlpatterns_channels = [
    path(CHANNELS, channels.index, name="channels"),
    path(CHANNELS + "new/<slug:kind>/", channels.add, name="add_channel"),
    path(CHANNEL, channels.detail, name="channel"),
    path(CHANNEL + "edit/", channels.edit, name="edit_channel"),
    path(CHANNEL + "delete/", channels.delete, name="delete_channel"),
    path(CHANNEL + "secret/", channels.new_secret, name="new_channel_secret"),
    path(CHANNEL + "test/", channels.test, name="test_channel"),
    path(CHANNEL + "test/<int:number>/", channels.test_result, name="channel_test_result"),
    path(BROADCASTS, broadcasts.index, name="broadcasts"),
    path(BROADCASTS + "new/", broadcasts.compose, name="new_broadcast"),
    path(BROADCAST, broadcasts.detail, name="broadcast"),
    path(BROADCAST + "progress/", broadcasts.progress, name="broadcast_progress"),
    path(BROADCAST + "<slug:verb>/", broadcasts.act, name="broadcast_act"),
]
