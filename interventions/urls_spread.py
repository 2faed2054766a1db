"""The addresses of plans, spread, help and recognition."""

from django.urls import path

from interventions.views import help as helps
from interventions.views import panel, plan, recognition, spread

urlpatterns = [
    path("learn/plans/", plan.plans, name="plans"),
    path("learn/plans/new/<slug:registry>/<slug:measure>/", plan.new, name="new-plan"),
    path("learn/plans/<slug:code>/", plan.plan, name="plan"),
    path("learn/plans/<slug:code>/note/", plan.note, name="plan-note"),
    path("learn/plans/<slug:code>/owner/", plan.hand_on, name="plan-owner"),
    path("learn/plans/<slug:code>/end/", plan.end, name="plan-end"),
    path("learn/reports/<slug:code>/acknowledge/", plan.acknowledge, name="acknowledge"),
    path("learn/spread/", spread.overview, name="spread"),
    path("learn/spread/<slug:code>/", spread.toolkit, name="spread-toolkit"),
    path("learn/spread/<slug:code>/say/", spread.say, name="say"),
    path("learn/help/", helps.overview, name="help"),
    path("learn/help/asked/<slug:code>/", helps.answer_request, name="answer-request"),
    path("learn/help/offered/<slug:code>/", helps.answer_offer, name="answer-offer"),
    path("learn/help/choose/<slug:code>/", helps.choose, name="choose-help"),
    path("learn/help/settle/<slug:code>/", helps.settle, name="settle-help"),
    path("learn/adoptions/<slug:code>/barriers/", helps.barriers, name="barriers"),
    path("learn/adoptions/<slug:code>/barriers/pick/", helps.pick, name="pick-barrier"),
    path("learn/adoptions/<slug:code>/barriers/ask/", helps.ask, name="ask-help"),
    path("learn/recognition/", recognition.overview, name="recognition"),
    path("learn/recognition/declare/", recognition.declare, name="declare-rule"),
    path("learn/recognition/<slug:code>/show/", recognition.answer, name="show-recognition"),
    path("learn/recognition/<slug:code>/certificate/", recognition.certificate, name="certificate"),
    path("panels/plan/<slug:registry>/<slug:measure>/", plan.panel, name="plan-panel"),
    path("panels/learn/", panel.home, name="home-panel"),
]
