"""What the designer of flows offers at a step where rules say who has a ticket."""

from flows.organisation.models import Skill
from flows.tickets.assignment.entries import STRATEGIES


def ways_to_find_someone() -> dict:
    """{"strategies", "skills"}, each as [{"name", "label"}]."""
    return {
        "strategies": [{"name": name, "label": str(label)} for name, label in STRATEGIES.items()],
        "skills": [{"name": skill.slug, "label": skill.name} for skill in Skill.objects.all()],
    }
