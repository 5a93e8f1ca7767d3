from django import forms


class WeekFormField(forms.JSONField):
    pass


class DaysFormField(forms.JSONField):
    pass
