import uuid

from django.conf import settings
from django.core.files.storage import FileSystemStorage
from django.db import models
from django.utils.translation import gettext_lazy as _


def private_files():
    """Outside the web root: no web server can hand these files out, only a view that checks who asks."""
    return FileSystemStorage(location=settings.DATA / "private", base_url=None)


def private_path(attachment, name: str) -> str:
    """The given name is never part of a path."""
    return f"attachments/{attachment.at:%Y/%m}/{attachment.pk.hex}"


class Attachment(models.Model):
    """A file someone answered with. Answers refer to it by id; `name` is what its sender called it."""

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    file = models.FileField(_("file"), storage=private_files, upload_to=private_path, max_length=200)
    name = models.CharField(_("name"), max_length=200)
    content_type = models.CharField(_("kind of file"), max_length=100)
    size = models.PositiveBigIntegerField(_("size in bytes"))
    by = models.ForeignKey(
        settings.AUTH_USER_MODEL, verbose_name=_("sent by"), null=True, blank=True,
        on_delete=models.SET_NULL, related_name="+",
    )  # fmt: skip
    at = models.DateTimeField(_("sent"))

    class Meta:
        verbose_name = _("attachment")
        verbose_name_plural = _("attachments")

    def __str__(self):
        return self.name
