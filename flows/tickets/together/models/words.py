from django.db import models
from django.utils.translation import gettext_lazy as _


class TicketWords(models.Model):
    """The words of a ticket, apart from the row that moves. The database fills it by triggers, so that no way
    of writing a ticket can forget it: see flows/tickets/together/search_index.py."""

    ticket = models.OneToOneField(
        "tickets.Ticket", primary_key=True, on_delete=models.CASCADE, related_name="+"
    )
    text = models.TextField()

    class Meta:
        verbose_name = _("words of a ticket")
        verbose_name_plural = _("words of tickets")

    def __str__(self):
        return self.text[:80]
