"""The addresses of this floor."""

app_name = "registry"
urlpatterns: list = []
