"""What people may do about themselves and the people of their store."""

from datetime import datetime

from django.utils.translation import gettext_lazy as _

from flows.organisation.models import Absence, User
from flows.organisation.querysets import whose_absence_may_be_set_by
from rules.store.problems import Refusal


def be_absent(
    *,
    person: User,
    starts_at: datetime,
    ends_at: datetime,
    backup: User | None,
    note: str,
    by: User,
    at: datetime,
) -> Absence:
    """Nothing is given to `person` by rules in [starts_at, ends_at); `backup` stands in."""
    refuse_unless_may_set(person, by=by)
    if ends_at <= starts_at:
        raise Refusal(_("An absence ends after it begins."))
    if ends_at <= at:
        raise Refusal(_("This time is over. Choose an end in the future."))
    if backup == person:
        raise Refusal(_("Choose someone else as the backup."))
    return Absence.objects.create(
        person=person, starts_at=starts_at, ends_at=ends_at, backup=backup, note=note.strip()
    )


def end_absence(*, absence: Absence, by: User, at: datetime) -> None:
    """Back now; one that has not begun is taken back."""
    refuse_unless_may_set(absence.person, by=by)
    if absence.starts_at >= at:
        absence.delete()
    elif absence.ends_at > at:
        Absence.objects.filter(pk=absence.pk).update(ends_at=at)


def refuse_unless_may_set(person: User, *, by: User) -> None:
    if not whose_absence_may_be_set_by(by).filter(pk=person.pk).exists():
        raise Refusal(_("You set only your own absence, and that of the people of your store."))
