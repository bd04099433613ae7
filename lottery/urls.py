"""Addresses of the giveaways' REST API and pages."""

from django.urls import include, path
from rest_framework.routers import SimpleRouter

from lottery import api
from lottery.views import actions, detail, edit, listing

app_name = "lottery"

router = SimpleRouter()
router.register("giveaways", api.GiveawayViewSet, basename="api-giveaways")

one_giveaway = [
    path("", detail.page, name="detail"),
    path("status/", detail.status, name="status"),
    path("edit/", edit.change, name="edit"),
    path("publish/", actions.publish, name="publish"),
    path("start/", actions.start, name="start"),
    path("post/", actions.post, name="post"),
    path("cancel/", actions.cancel, name="cancel"),
]

urlpatterns = [
    path("api/v1/", include(router.urls)),
    path("t/<slug:slug>/giveaways/", listing.index, name="list"),
    path("t/<slug:slug>/giveaways/new/", edit.create, name="create"),
    path("t/<slug:slug>/giveaways/preview/", edit.preview, name="preview"),
    path("t/<slug:slug>/giveaways/<slug:public_id>/", include(one_giveaway)),
]
