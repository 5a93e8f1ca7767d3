from django import template

from flows.channels.notices.bell import unread_count

register = template.Library()


@register.simple_tag(takes_context=True)
def unread_notices(context) -> int:
    """How many notices the reader of this page has not read."""
    user = context["request"].user
    return unread_count(user) if user.is_authenticated else 0
