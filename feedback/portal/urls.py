"""The portal's whole map: the list of releases, sign-in (which also signs out), and the download."""

from django.urls import path, re_path

from feedback.portal import views

urlpatterns = [
    path("", views.releases, name="releases"),
    path("sign-in/", views.sign_in, name="sign-in"),
    re_path(r"^releases/(?P<sha256>[0-9a-f]{64})\.json\Z", views.download, name="download"),
]
handler404 = "feedback.portal.views.missing"
handler403 = "feedback.portal.views.missing"
handler400 = "feedback.portal.views.missing"
