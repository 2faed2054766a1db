"""The map of the collaborative's site."""

from django.conf import settings
from django.urls import include, path
from drf_spectacular.views import SpectacularAPIView, SpectacularSwaggerSplitView

from config import home
from sites.access.gates import public, signed_in

schema = SpectacularAPIView.as_view()
schema_page = SpectacularSwaggerSplitView.as_view(url_name="api-schema")

urlpatterns = [
    path("", home.home, name="home"),
    path("healthz", home.health, name="health"),
    path("api/schema/", signed_in(schema), name="api-schema"),
    path("api/", signed_in(schema_page), name="api"),
    path("", include("sites.urls")),
    path("", include("registry.urls")),
    path("", include("feedback.urls")),
    path("", include("interventions.urls")),
]
if settings.DEBUG or settings.DEMO:
    urlpatterns.append(path("gallery/", public(home.gallery), name="gallery"))

handler400 = "config.home.bad_request"
handler403 = "config.home.forbidden"
handler404 = "config.home.missing"
handler500 = "config.home.broken"
