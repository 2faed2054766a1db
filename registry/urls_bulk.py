"""The addresses of uploads, dictionaries, periods and the API."""

from django.urls import path

from registry import api
from registry.views import dictionary, period, upload

urlpatterns: list = [
    path("uploads/", upload.uploads_page, name="uploads"),
    path("uploads/<slug:code>/", upload.upload, name="upload"),
    path("uploads/<slug:code>/columns/", upload.columns, name="upload-columns"),
    path("uploads/<slug:code>/progress/", upload.progress, name="upload-progress"),
    path("uploads/<slug:code>/recheck/", upload.recheck, name="upload-recheck"),
    path("uploads/<slug:code>/commit/", upload.commit, name="upload-commit"),
    path("uploads/<slug:code>/abandon/", upload.abandon, name="upload-abandon"),
    path("uploads/<slug:code>/marked.<slug:kind>", upload.marked, name="upload-marked"),
    path("dictionaries/", dictionary.list_page, name="dictionaries"),
    path("dictionaries/<slug:code>/draft/", dictionary.draft, name="draft-dictionary"),
    path("dictionaries/<slug:code>/<int:number>/", dictionary.version, name="dictionary"),
    path("dictionaries/<slug:code>/<int:number>/publish/", dictionary.publish, name="publish-dictionary"),
    path("dictionaries/<slug:code>/<int:number>/discard/", dictionary.discard, name="discard-dictionary"),
    path("dictionaries/<slug:code>/<int:number>/file.<slug:kind>", dictionary.download, name="dictionary-file"),
    path("periods/", period.list_page, name="periods"),
    path("periods/<int:period_id>/", period.period, name="period"),
    path("periods/<int:period_id>/progress/", period.progress, name="period-progress"),
    path("periods/<int:period_id>/close/", period.close, name="close-period"),
    path("periods/<int:period_id>/reopen/", period.reopen, name="reopen-period"),
    path("periods/<int:period_id>/refreeze/", period.refreeze, name="refreeze-period"),
    path("api/registries/<slug:registry>/cases/", api.Cases.as_view(), name="api-cases"),
    path("api/registries/<slug:registry>/cases/batch/", api.Batch.as_view(), name="api-batch"),
]
