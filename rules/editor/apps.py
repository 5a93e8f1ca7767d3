from django.apps import AppConfig


class EditorConfig(AppConfig):
    name = "rules.editor"
    label = "rules_editor"
