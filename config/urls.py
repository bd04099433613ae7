"""The only list of URL prefixes."""

from django.conf import settings
from django.contrib import admin
from django.urls import include, path
from django.views.static import serve
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config.health import health, metrics
from tenants.views.account import set_language
from tenants.views.entrance import favicon

urlpatterns = [
    path("", include("tenants.urls")),
    path("", include("bots.urls")),
    path("", include("lottery.urls")),
    path("", include("ovh_sniper.urls")),
    path("", include("traffic_guard.urls")),
    path("accounts/", include("allauth.urls")),
    path("operator/", admin.site.urls),
    path("favicon.ico", favicon),
    path("health/", health, name="health"),
    path("metrics", metrics, name="metrics"),
    path("i18n/setlang/", set_language, name="set_language"),
    path("api/schema/", SpectacularAPIView.as_view(), name="api-schema"),
    # the split view keeps its script in a file of its own, as the CSP wants
    path("api/docs/", SpectacularSwaggerSplitView.as_view(url_name="api-schema"), name="api-docs"),
]

if not settings.PRODUCTION:
    # In production the web server in front serves the pictures of giveaways.
    urlpatterns.append(path("media/<path:path>", serve, {"document_root": settings.MEDIA_ROOT}))

handler400 = "tenants.views.errors.bad_request"
handler403 = "tenants.views.errors.permission_denied"
handler404 = "tenants.views.errors.not_found"
handler500 = "tenants.views.errors.server_error"
