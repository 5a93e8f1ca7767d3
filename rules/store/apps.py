from django.apps import AppConfig


class StoreConfig(AppConfig):
    name = "rules.store"
    label = "rules_store"
