"""The addresses of data quality."""

from django.urls import path

from registry.views import quality

urlpatterns: list = [
    path("quality/", quality.start, name="quality"),
    path("quality/<slug:registry>/<int:period_id>/", quality.period, name="quality-period"),
    path("quality/<slug:registry>/<int:period_id>/<slug:hospital>/", quality.hospital, name="quality-hospital"),
    path("quality/<slug:registry>/assess/", quality.assess, name="assess-quality"),
]
