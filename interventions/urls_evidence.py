"""The addresses of practices, testable elements, and a toolkit's evidence and discussion."""

from django.urls import path

from interventions.views import element, evidence, material, practice

urlpatterns = [
    path("learn/practices/", practice.practices, name="practices"),
    path("learn/practices/<slug:code>/", practice.practice, name="practice"),
    path("learn/practices/<slug:code>/share/", practice.share, name="share-practice"),
    path("learn/practices/<slug:code>/material/", material.to_practice, name="practice-material"),
    path("learn/toolkits/<slug:code>/material/", material.to_toolkit, name="toolkit-material"),
    path("learn/material/<slug:code>/", material.download, name="material"),
    path("learn/material/<slug:code>/withdraw/", material.withdraw, name="withdraw-material"),
    path("learn/invitations/<slug:code>/practice/", practice.new, name="new-practice"),
    path("learn/elements/", element.elements, name="elements"),
    path("learn/elements/new/", element.new, name="new-element"),
    path("learn/elements/test/", element.test, name="test-elements"),
    path("learn/elements/<slug:code>/", element.element, name="element"),
    path("learn/elements/<slug:code>/step/", element.step, name="element-step"),
    path("learn/toolkits/<slug:code>/ask/", evidence.ask, name="ask-element"),
    path("learn/toolkits/<slug:code>/version/", evidence.version, name="new-version"),
    path("learn/toolkits/<slug:code>/comment/", evidence.comment, name="comment"),
    path("learn/comments/<slug:code>/flag/", evidence.flag, name="flag-comment"),
    path("learn/comments/<slug:code>/rule/", evidence.rule, name="rule-comment"),
]
