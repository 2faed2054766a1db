"""The addresses of audits, second readings and training."""

from django.urls import path

from registry.views import audit, reading, training

urlpatterns = [
    path("audits/", audit.audit_list, name="audits"),
    path("audits/new/", audit.notice, name="new-audit"),
    path("audits/<slug:code>/", audit.audit, name="audit"),
    path("audits/<slug:code>/centre/", audit.centre, name="audit-centre"),
    path("audits/<slug:code>/hospital/", audit.hospital, name="audit-hospital"),
    path("audits/<slug:code>/report/", audit.report, name="audit-report"),
    path("readings/<slug:code>/", reading.reading, name="reading"),
    path("readings/<slug:code>/save/", reading.save, name="save-reading"),
    path("readings/<slug:code>/finish/", reading.finish, name="finish-reading"),
    path("training/", training.page, name="training"),
    path("training/certify/", training.certify, name="certify"),
    path("training/cases/<slug:code>/start/", training.start, name="start-training"),
    path("training/attempts/<slug:code>/", training.attempt, name="attempt"),
    path("training/attempts/<slug:code>/save/", training.save, name="save-attempt"),
    path("training/attempts/<slug:code>/finish/", training.finish, name="finish-attempt"),
    path("reviews/", training.waiting, name="reviews"),
    path("reviews/<slug:code>/", training.decide, name="decide-review"),
]
