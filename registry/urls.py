"""The addresses of this floor."""

from django.urls import path

from registry.urls_audits import urlpatterns as audits
from registry.urls_bulk import urlpatterns as bulk
from registry.urls_quality import urlpatterns as quality
from registry.urls_rules import urlpatterns as rules
from registry.urls_work import urlpatterns as work
from registry.views import amendment, case, panel, worklist

app_name = "registry"
# The pages around the worklist come first: a case's code would match their names.
urlpatterns = [
    *work,
    path("cases/", worklist.worklist, name="worklist"),
    path("cases/new/", case.new, name="new-case"),
    path("cases/<slug:code>/", case.case, name="case"),
    path("cases/<slug:code>/save/", case.save, name="save-case"),
    path("cases/<slug:code>/submit/", case.submit, name="submit-case"),
    path("cases/<slug:code>/reopen/", case.reopen, name="reopen-case"),
    path("cases/<slug:code>/withdraw/", case.withdraw, name="withdraw-case"),
    path("cases/<slug:code>/history/", case.history, name="case-history"),
    path("cases/<slug:code>/history/<slug:element>/", case.field_history, name="field-history"),
    path("cases/<slug:code>/amend/", amendment.propose, name="amend-case"),
    path("amendments/", amendment.amendments, name="amendments"),
    path("amendments/<int:amendment_id>/approve/", amendment.approve, name="approve-amendment"),
    path("amendments/<int:amendment_id>/refuse/", amendment.refuse, name="refuse-amendment"),
    path("panels/registry/", panel.home, name="home-panel"),
    *bulk,
    *audits,
    *rules,
    *quality,
]
