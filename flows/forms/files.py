"""Which files may be answered with. The content decides, not the name."""

from dataclasses import dataclass

import filetype
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext_lazy as _

MEGABYTE = 1024 * 1024
ENOUGH_TO_TELL = 8192


@dataclass(frozen=True, kw_only=True)
class FileGroup:
    """`accept`: what the browser's chooser offers; `types`: content types that are taken."""

    label: str
    accept: str
    types: frozenset[str]


FILE_GROUPS = {
    "image": FileGroup(
        label=_("photos"),
        accept="image/*",
        types=frozenset({"image/jpeg", "image/png", "image/gif", "image/webp", "image/heic", "image/heif"}),
    ),
    "document": FileGroup(
        label=_("PDF and Word"),
        accept=".pdf,.doc,.docx",
        types=frozenset(
            {
                "application/pdf",
                "application/msword",
                "application/vnd.openxmlformats-officedocument.wordprocessingml.document",
            }
        ),
    ),
    "sheet": FileGroup(
        label=_("Excel"),
        accept=".xls,.xlsx",
        types=frozenset(
            {
                "application/vnd.ms-excel",
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
            }
        ),
    ),
    "video": FileGroup(
        label=_("video"),
        accept="video/*",
        types=frozenset({"video/mp4", "video/quicktime", "video/webm"}),
    ),
    "audio": FileGroup(
        label=_("sound"),
        accept="audio/*",
        types=frozenset({"audio/mpeg", "audio/mp4", "audio/ogg", "audio/x-wav", "audio/aac", "audio/amr"}),
    ),
}


def content_type_of(upload: UploadedFile) -> str:
    """What the first bytes say; "" when they say nothing we know."""
    upload.seek(0)
    kind = filetype.guess(upload.read(ENOUGH_TO_TELL))
    upload.seek(0)
    return kind.mime if kind else ""


def check_file(upload: UploadedFile, *, groups: list[str], megabytes: int) -> str:
    """The content type, or ValidationError saying what would be taken instead."""
    if upload.size > megabytes * MEGABYTE:
        raise ValidationError(
            _("This file has %(size)s MB; at most %(limit)s MB are taken."),
            params={"size": f"{upload.size / MEGABYTE:.1f}", "limit": megabytes},
        )
    found = content_type_of(upload)
    if not any(found in FILE_GROUPS[group].types for group in groups):
        raise ValidationError(
            _("What is inside “%(name)s” is not one of these: %(kinds)s."),
            params={"name": upload.name, "kinds": ", ".join(str(FILE_GROUPS[g].label) for g in groups)},
        )
    return found


def accepted(groups: list[str]) -> str:
    """For the `accept` attribute of a file input."""
    return ",".join(FILE_GROUPS[group].accept for group in groups)
