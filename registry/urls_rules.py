"""The addresses of data queries, edit rules, rulings, and drafts carried to a newer dictionary."""

from django.urls import path

from registry.views import carrying, data_query, rule, ruling

urlpatterns: list = [
    path("queries/", data_query.list_page, name="data-queries"),
    path("queries/weekly/<slug:registry>/", data_query.weekly, name="weekly-queries"),
    path("queries/<slug:code>/", data_query.page, name="data-query"),
    path("queries/<slug:code>/act/", data_query.act, name="act-on-data-query"),
    path("cases/<slug:code>/ask/", data_query.ask, name="ask-about-case"),
    path("cases/<slug:code>/queries/<slug:element>/", data_query.beside, name="queries-of-field"),
    path("cases/<slug:code>/unfit/<int:unfit_id>/", carrying.settle, name="settle-unfit"),
    path("rules/", rule.list_page, name="rules"),
    path("rules/new/", rule.write, name="write-rule"),
    path("rules/overrides/", rule.overrides, name="overrides"),
    path("rules/<int:rule_id>/", rule.page, name="rule"),
    path("rules/<int:rule_id>/change/", rule.change, name="change-rule"),
    path("rules/<int:rule_id>/try/", rule.start_trial, name="try-rule"),
    path("rules/<int:rule_id>/progress/", rule.progress, name="rule-progress"),
    path("rules/<int:rule_id>/publish/", rule.publish, name="publish-rule"),
    path("rules/<int:rule_id>/retire/", rule.retire, name="retire-rule"),
    path("rulings/", ruling.list_page, name="rulings"),
    path("rulings/<int:ruling_id>/end/", ruling.end, name="end-ruling"),
    path("dictionaries/<slug:code>/<int:number>/carry/", carrying.carry, name="carry-drafts"),
    path("dictionaries/<slug:code>/<int:number>/carry/progress/", carrying.progress, name="carry-progress"),
]
