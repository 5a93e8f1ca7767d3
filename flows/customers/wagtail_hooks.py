from django.utils.translation import gettext_lazy as _
from wagtail.snippets.models import register_snippet

from flows.customers.models import Segment
from rules.editor.viewsets import StoredRecordViewSet


class SegmentViewSet(StoredRecordViewSet):
    model = Segment
    icon = "group"
    menu_label = _("Segments")
    teaching = _(
        "A segment is a group of customers described by a condition, and is always up to date. For example: "
        "customers with more than 2 orders who have not ordered for 30 days."
    )


register_snippet(SegmentViewSet)
