"""Every address of the API server on one page."""

from django.contrib import admin
from django.urls import include, path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularSwaggerView

from socialvideo.lib import health, openapi, problems

urlpatterns = [
    # First what is asked most: an address is looked for in this order, and stands in one place.
    path("api/v1/", include("feed.urls")),
    path("api/v1/", include("accounts.urls")),
    path("api/v1/contacts/", include("accounts.discovery.urls")),
    path("api/v1/", include("accounts.security.urls")),
    path("api/v1/", include("accounts.relations.urls")),
    path("api/v1/", include("accounts.rights.urls")),
    path("api/v1/", include("accounts.notices.urls")),
    path("api/v1/", include("consent.urls")),
    path("api/v1/", include("worker.urls")),
    path("api/v1/", include("moderation.urls")),
    path("api/v1/schema", openapi.SchemaView.as_view(), name="schema"),
    path("api/v1/docs", SpectacularSwaggerView.as_view(url_name="schema"), name="docs"),
    path("docs/problems", problems.page),
    path("admin", RedirectView.as_view(pattern_name="admin:index")),
    path("admin/", admin.site.urls),
    path("livez", health.alive),
    path("readyz", health.ready),
]
handler400 = "socialvideo.lib.errors.bad_request"
handler404 = "socialvideo.lib.errors.unknown_address"
handler500 = "socialvideo.lib.errors.crash"
