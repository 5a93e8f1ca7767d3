"""Tables of the tests alone: rules must not know a flow's. Created by the `tables` fixture."""

from django.db import models


class Shop(models.Model):  # noqa: DJ008
    name = models.TextField(null=True)  # noqa: DJ001 (a null is what is tested)
    size = models.IntegerField(null=True)

    class Meta:
        app_label = "tests_sql"


class Client(models.Model):  # noqa: DJ008
    """Every column may be null, which means a missing fact."""

    text = models.TextField(null=True)  # noqa: DJ001
    number = models.DecimalField(max_digits=20, decimal_places=7, null=True)
    whole = models.BigIntegerField(null=True)
    flag = models.BooleanField(null=True)
    choice = models.CharField(max_length=20, null=True)  # noqa: DJ001
    day = models.DateField(null=True)
    moment = models.DateTimeField(null=True)
    answers = models.JSONField(null=True)
    length = models.DurationField(null=True)
    latitude = models.FloatField(null=True)
    longitude = models.DecimalField(max_digits=12, decimal_places=7, null=True)
    shop = models.ForeignKey(Shop, models.SET_NULL, null=True, related_name="clients", db_constraint=False)

    class Meta:
        app_label = "tests_sql"


class Mark(models.Model):  # noqa: DJ008
    """A choice of a client; also something to count and to add up."""

    client = models.ForeignKey(Client, models.CASCADE, related_name="marks", db_constraint=False)
    choice = models.CharField(max_length=20)
    points = models.IntegerField()
    price = models.DecimalField(max_digits=10, decimal_places=2)
    at = models.DateTimeField()

    class Meta:
        app_label = "tests_sql"


class Membership(models.Model):  # noqa: DJ008
    """Where bits are written."""

    client = models.OneToOneField(Client, models.CASCADE, db_constraint=False)
    low = models.BigIntegerField()
    high = models.BigIntegerField()

    class Meta:
        app_label = "tests_sql"
