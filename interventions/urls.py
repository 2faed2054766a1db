"""The addresses of the fourth floor."""

from django.urls import include, path

from interventions.views import adoption, bright_spots, learn, toolkit

app_name = "interventions"
urlpatterns = [
    path("learn/", learn.learn, name="learn"),
    path("learn/bright-spots/", bright_spots.bright_spots_page, name="bright-spots"),
    path("learn/bright-spots/search/", bright_spots.search, name="search"),
    path("learn/bright-spots/<slug:code>/invite/", bright_spots.invite, name="invite"),
    path("learn/invitations/<slug:code>/", learn.invitation, name="invitation"),
    path("learn/invitations/<slug:code>/answer/", learn.answer, name="answer"),
    path("learn/toolkits/", toolkit.library, name="library"),
    path("learn/toolkits/new/", toolkit.new, name="new-toolkit"),
    path("learn/toolkits/<slug:code>/", toolkit.toolkit, name="toolkit"),
    path("learn/toolkits/<slug:code>/step/", toolkit.step, name="step"),
    path("learn/toolkits/<slug:code>/adopt/", adoption.adopt, name="adopt"),
    path("learn/adoptions/<slug:code>/", adoption.adoption, name="adoption"),
    path("learn/adoptions/<slug:code>/note/", adoption.note, name="note"),
    path("learn/adoptions/<slug:code>/stop/", adoption.stop, name="stop"),
    path("", include("interventions.urls_community")),
    path("", include("interventions.urls_desk")),
    path("", include("interventions.urls_evidence")),
    path("", include("interventions.urls_spread")),
]
