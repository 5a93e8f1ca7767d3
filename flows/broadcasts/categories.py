from django.db import models
from django.utils.translation import gettext_lazy as _


class Category(models.TextChoices):
    """What a message is about. Limits may hold for one category only."""

    PROMOTION = "promotion", _("promotion")
    NEWS = "news", _("new products")
    EVENT = "event", _("event")
    CARE = "care", _("customer care")
    SERVICE = "service", _("service notice")
