"""Which files may be answered with. The content decides, not the name."""

import base64
import binascii
from dataclasses import dataclass
from io import BytesIO

import filetype
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile, UploadedFile
from django.utils.translation import gettext_lazy as _
from PIL import Image, ImageOps
from pillow_heif import register_heif_opener

register_heif_opener()  # what iPhones take

MEGABYTE = 1024 * 1024
MOST_PIXELS = 64_000_000
THUMBNAIL = (480, 480)
DRAWN_BEGINS = "data:image/png;base64,"
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


def check_photo(upload: UploadedFile, *, groups: list[str], megabytes: int) -> str:
    """As check_file; and it must be readable as a picture, of a size that can be shown."""
    found = check_file(upload, groups=groups, megabytes=megabytes)
    if not is_picture(upload):
        raise ValidationError(
            _("“%(name)s” cannot be read as a photo. Please take it again."), params={"name": upload.name}
        )
    return found


def is_picture(file) -> bool:
    file.seek(0)
    try:
        with Image.open(file) as picture:
            width, height = picture.size
            picture.verify()
    except Exception:
        return False
    finally:
        file.seek(0)
    return width * height <= MOST_PIXELS


def drawn_signature(written: str) -> UploadedFile:
    """The PNG that a canvas wrote as a data address, as a checked upload. Raises ValidationError."""
    refused = ValidationError(_("This signature cannot be read. Please sign again."))
    if not written.startswith(DRAWN_BEGINS):
        raise refused
    try:
        content = base64.b64decode(written.removeprefix(DRAWN_BEGINS), validate=True)
    except (binascii.Error, ValueError):
        raise refused from None
    upload = SimpleUploadedFile("signature.png", content, content_type="image/png")
    if content_type_of(upload) != "image/png" or not is_picture(upload):
        raise refused
    upload.checked_type = "image/png"
    return upload


def thumbnail_of(file) -> bytes | None:
    """A small JPEG without what a camera writes beside it (place, time); None for what is no picture."""
    try:
        with Image.open(file) as picture:
            picture.draft("RGB", THUMBNAIL)
            small = ImageOps.exif_transpose(picture).convert("RGBA")
            small.thumbnail(THUMBNAIL)
    except Exception:
        return None
    on_white = Image.new("RGB", small.size, "white")
    on_white.paste(small, mask=small.getchannel("A"))
    written = BytesIO()
    on_white.save(written, "JPEG", quality=80)
    return written.getvalue()


def accepted(groups: list[str]) -> str:
    """For the `accept` attribute of a file input."""
    return ",".join(FILE_GROUPS[group].accept for group in groups)
