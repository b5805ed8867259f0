from django.apps import AppConfig


class ProjectConfig(AppConfig):
    """The project itself as an application: for its management commands."""

    name = "config"
    label = "project"
