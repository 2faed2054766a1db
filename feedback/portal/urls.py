"""The portal's whole map: sign in and out, the list of releases, the download, and the health check."""

from django.urls import path, re_path

from feedback.portal import views

urlpatterns = [
    path("", views.releases, name="releases"),
    path("sign-in/", views.sign_in, name="sign-in"),
    path("sign-out/", views.sign_out, name="sign-out"),
    re_path(r"^releases/(?P<sha256>[0-9a-f]{64})\.json\Z", views.download, name="download"),
    path("healthz", views.health, name="health"),
]
handler404 = "feedback.portal.views.missing"
handler403 = "feedback.portal.views.missing"
handler400 = "feedback.portal.views.missing"
