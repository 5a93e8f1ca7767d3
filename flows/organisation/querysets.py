"""Who may see and set what about whom."""

from django.db.models import Q


def whose_absence_may_be_set_by(user):
    """Oneself; a store manager also the people of the store."""
    from flows.organisation.models import User

    people = Q(pk=user.pk)
    if user.store_id and user.has_perm("organisation.add_absence"):
        people |= Q(store=user.store_id)
    return User.objects.filter(people, is_active=True).order_by("first_name", "username")


def colleagues_of(user):
    """Who may stand in for them: the active people of the same department or store; of the whole company for
    who belongs to neither."""
    from flows.organisation.models import User

    near = Q()
    if user.department_id:
        near |= Q(department=user.department_id)
    if user.store_id:
        near |= Q(store=user.store_id)
    return User.objects.filter(near, is_active=True).order_by("first_name", "username")
