from django.db import models


class AssignmentTurn(models.Model):
    """Whose turn it is at a step: locked by whoever assigns there, so that turns are given one by one.

    state  {pool: {"given": how many so far, "last": {username: when, counted by `given`},
                   "credits": {username: how far behind the weighted share}}}
    """

    ticket_type = models.SlugField(max_length=80)
    node = models.CharField(max_length=50)
    state = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["ticket_type", "node"], name="assignment_turn_once_per_step")
        ]

    def __str__(self):
        return f"{self.ticket_type} {self.node}"
