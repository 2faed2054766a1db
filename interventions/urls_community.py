"""The addresses of the site desk, the newsletter and the meetings."""

from django.urls import path

from interventions.views import deck, desk, meeting, newsletter, visit

urlpatterns = [
    path("desk/", desk.desk, name="desk"),
    path("desk/visits/<slug:code>/", visit.visit, name="visit"),
    path("desk/visits/<slug:code>/hold/", visit.hold, name="visit-hold"),
    path("desk/visits/<slug:code>/report/", visit.report, name="visit-report"),
    path("desk/visits/<slug:code>/answer/", visit.answer, name="visit-answer"),
    path("desk/hospitals/<slug:hospital>/", desk.hospital, name="desk-hospital"),
    path("desk/hospitals/<slug:hospital>/promise/", desk.promise, name="desk-promise"),
    path("desk/hospitals/<slug:hospital>/close/", desk.close, name="desk-close"),
    path("desk/hospitals/<slug:hospital>/tick/", desk.tick, name="desk-tick"),
    path("desk/hospitals/<slug:hospital>/contact/", desk.contact, name="desk-contact"),
    path("desk/hospitals/<slug:hospital>/visit/", visit.plan, name="visit-plan"),
    path("newsletters/", newsletter.listed, name="newsletters"),
    path("newsletters/draft/", newsletter.draft, name="newsletter-draft"),
    path("newsletters/<slug:code>/", newsletter.newsletter, name="newsletter"),
    path("newsletters/<slug:code>/write/", newsletter.write, name="newsletter-write"),
    path("meetings/", meeting.listed, name="meetings"),
    path("meetings/plan/", meeting.plan, name="meeting-plan"),
    path("meetings/<slug:code>/", meeting.meeting, name="meeting"),
    path("meetings/<slug:code>/answer/", meeting.answer, name="meeting-answer"),
    path("meetings/<slug:code>/agenda/", meeting.item, name="meeting-agenda"),
    path("meetings/<slug:code>/invite/", meeting.invite, name="meeting-invite"),
    path("meetings/<slug:code>/slides/", meeting.choose, name="meeting-slides"),
    path("meetings/<slug:code>/open/", meeting.open_deck, name="meeting-open"),
    path("meetings/<slug:code>/close/", meeting.close, name="meeting-close"),
    path("meetings/<slug:code>/deck/", deck.deck, name="meeting-deck"),
]
