"""The addresses of the scorecard."""

from django.urls import path

from interventions.views import scorecard, scorecard_rules

urlpatterns = [
    path("scorecard/", scorecard.scorecard, name="scorecard"),
    path("scorecard/hospitals/<slug:hospital>/", scorecard.hospital, name="scorecard-hospital"),
    path("scorecard/hospitals/<slug:hospital>/ask/", scorecard.ask, name="scorecard-ask"),
    path("scorecard/hospitals/<slug:hospital>/record/", scorecard.record, name="scorecard-record"),
    path("scorecard/hospitals/<slug:hospital>/decide/", scorecard.decide, name="scorecard-decide"),
    path("scorecard/rules/", scorecard_rules.listed, name="scorecard-list"),
    path("scorecard/rules/new/", scorecard_rules.new, name="scorecard-new"),
    path("scorecard/rules/<slug:code>/", scorecard_rules.rules, name="scorecard-rules"),
    path("scorecard/rules/<slug:code>/step/", scorecard_rules.step, name="scorecard-step"),
]
