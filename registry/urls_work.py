"""The addresses of the abstractor's day around the worklist: sampling, operating lists, follow-up, locks."""

from django.urls import path

from registry.views import follow_up, frame, lock, sampling, sampling_rules

urlpatterns = [
    path("cases/sampling/", sampling.home, name="sampling"),
    path("cases/sampling/draw/", sampling.draw, name="draw-cycle"),
    path("cases/sampling/reconciliation/", sampling.reconciliation, name="reconciliation"),
    path("cases/sampling/lists/", frame.lists, name="operating-lists"),
    path("cases/sampling/lists/<slug:code>/", frame.one, name="operating-list"),
    path("cases/sampling/lists/<slug:code>/columns/", frame.columns, name="operating-list-columns"),
    path("cases/sampling/lists/<slug:code>/progress/", frame.progress, name="operating-list-progress"),
    path("cases/sampling/lists/<slug:code>/commit/", frame.commit, name="operating-list-commit"),
    path("cases/sampling/lists/<slug:code>/abandon/", frame.abandon, name="operating-list-abandon"),
    path("cases/sampling/<slug:registry>/<slug:hospital>/<int:number>/", sampling.cycle, name="cycle"),
    path("cases/sampling/<slug:registry>/<slug:hospital>/<int:number>/late/", sampling.late, name="late-operations"),
    path("cases/follow-up/", follow_up.listed, name="follow-up"),
    path("cases/<slug:code>/contacts/", follow_up.contact, name="contacts"),
    path("cases/locks/", lock.page, name="locks"),
    path("cases/locks/<int:period_id>/attest/", lock.attest, name="attest-period"),
    path("cases/locks/<int:period_id>/ask/", lock.ask, name="ask-waiver"),
    path("waivers/<int:waiver_id>/decide/", lock.decide, name="decide-waiver"),
    path("dictionaries/<slug:registry>/sampling/", sampling_rules.rules, name="sampling-rules"),
]
