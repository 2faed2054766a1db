"""The addresses of the third floor."""

from django.urls import path

from feedback.views import cases, comparison, dashboard, element, identified, measure, panel, release, surgeon

app_name = "feedback"
urlpatterns = [
    path("standing/", dashboard.overview, name="standing"),
    path("standing/<slug:registry>/<slug:measure>/", dashboard.measure, name="standing-measure"),
    path("standing/<slug:registry>/<slug:measure>/cases/", cases.cases, name="standing-cases"),
    path("standing/<slug:registry>/<slug:measure>/model/", dashboard.model, name="standing-model"),
    path("identified/", identified.hospitals, name="identified"),
    path("identified/<slug:hospital>/", identified.overview, name="identified-hospital"),
    path("identified/<slug:hospital>/<slug:registry>/<slug:measure>/", identified.measure, name="identified-measure"),
    path("my-results/", surgeon.results, name="surgeon"),
    path("my-results/<slug:registry>/<slug:measure>/", surgeon.measure, name="surgeon-measure"),
    path("measures/", measure.catalogue, name="measures"),
    path("measures/<slug:registry>/<slug:measure>/", measure.definition, name="measure"),
    path("comparisons/", comparison.comparisons, name="comparisons"),
    path("comparisons/request/", comparison.request_one, name="request-comparison"),
    path("comparisons/<slug:code>/", comparison.review, name="comparison"),
    path("comparisons/<slug:code>/progress/", comparison.progress, name="comparison-progress"),
    path("comparisons/<slug:code>/publish/", comparison.publish, name="publish-comparison"),
    path("comparisons/<slug:code>/discard/", comparison.discard, name="discard-comparison"),
    path("comparisons/<slug:code>/<slug:measure>/", comparison.model, name="comparison-model"),
    path("releases/", release.releases, name="releases"),
    path("releases/prepare/", release.prepare, name="prepare-release"),
    path("releases/<slug:code>/", release.release, name="release"),
    path("releases/<slug:code>/check/", release.check, name="check-release"),
    path("releases/<slug:code>/withdraw/", release.withdraw, name="withdraw-release"),
    path("elements/<slug:registry>/", element.uses, name="element-uses"),
    path("panels/elements/<slug:registry>/", element.touched, name="elements-panel"),
    path("panels/standing/", panel.home, name="home-panel"),
]
