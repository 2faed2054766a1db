"""The addresses of this floor."""

app_name = "feedback"
urlpatterns: list = []
