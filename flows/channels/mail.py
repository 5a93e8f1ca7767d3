"""E-mail by SMTP (RFC 5321): one connection per message, each step answered for.

4xx, or trouble before the message was handed over: nothing left, try later. 5xx: refused for good. The
connection lost after the last line was sent and before the answer: nobody knows, and SMTP cannot be asked.
"""

import smtplib
import ssl
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from urllib.parse import quote

from django.conf import settings
from django.utils.translation import gettext_lazy as _

from flows.channels.drivers import Receipt, Rejected, TryLater

GO_AHEAD = 354
# Every mail server takes seven bits.
SEVEN_BIT = SMTP.clone(cte_type="7bit")


class MailDriver:
    key = "email"
    label = _("E-mail")
    address = ""
    lease = timedelta(seconds=90)

    def send(self, outgoing):
        message = as_mail(outgoing)
        with connected() as smtp:
            hand_over(smtp, recipient=outgoing.recipient, content=message.as_bytes())
        return Receipt(Receipt.SENT, reference=message["Message-ID"])

    def look_up(self, outgoing):
        """SMTP cannot be asked. The message's own number, made of its key, is in the mail server's log."""
        return None


def as_mail(outgoing) -> EmailMessage:
    if not outgoing.recipient.isascii():
        raise Rejected(f"This address cannot be written to: {outgoing.recipient}")
    message = EmailMessage(policy=SEVEN_BIT)
    message["From"] = settings.DEFAULT_FROM_EMAIL
    message["To"] = outgoing.recipient
    # A line break here would begin another header.
    message["Subject"] = " ".join(outgoing.payload.get("subject", "").split())
    message["Date"] = format_datetime(outgoing.called_at or outgoing.created_at)
    message["Message-ID"] = number_of(outgoing)
    # No holiday notice in return, please (RFC 3834).
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(outgoing.payload.get("text", ""))
    return message


def number_of(outgoing) -> str:
    """The same for the same message, so that a mail server or mailbox knows it again."""
    domain = sender_address().rpartition("@")[2] or "localhost"
    return f"<{quote(outgoing.idempotency_key, safe='')}@{domain}>"


def sender_address() -> str:
    return parseaddr(settings.DEFAULT_FROM_EMAIL)[1]


@contextmanager
def connected():
    """An open connection, logged in where the settings say so. What fails here, or on the way out, is no
    trouble of the message's."""
    smtp = None
    try:
        smtp = open_connection()
    except (OSError, smtplib.SMTPException) as trouble:
        raise TryLater(f"The mail server could not be reached: {trouble}") from trouble
    try:
        yield smtp
    finally:
        try:
            smtp.quit()
        except (OSError, smtplib.SMTPException):
            smtp.close()


def open_connection() -> smtplib.SMTP:
    where = {"host": settings.EMAIL_HOST, "port": settings.EMAIL_PORT, "timeout": settings.EMAIL_TIMEOUT}
    if settings.EMAIL_USE_SSL:
        smtp = smtplib.SMTP_SSL(**where, context=ssl.create_default_context())
    else:
        smtp = smtplib.SMTP(**where)
    try:
        if settings.EMAIL_USE_TLS:
            smtp.starttls(context=ssl.create_default_context())
        if settings.EMAIL_HOST_USER:
            smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def hand_over(smtp: smtplib.SMTP, *, recipient: str, content: bytes) -> None:
    try:
        judge(*smtp.mail(sender_address()))
        judge(*smtp.rcpt(recipient))
        judge(*smtp.docmd("DATA"), wanted=GO_AHEAD)
    except (OSError, smtplib.SMTPException) as trouble:
        raise TryLater(f"The mail server hung up: {trouble}") from trouble
    # From here on an exception means that nobody knows, so none is caught.
    smtp.send(with_end(content))
    judge(*smtp.getreply())


def with_end(content: bytes) -> bytes:
    """A line that begins with a full stop gets a second one; a full stop alone ends the message."""
    lines = content.removesuffix(b"\r\n").split(b"\r\n")
    stuffed = [b"." + line if line.startswith(b".") else line for line in lines]
    return b"\r\n".join([*stuffed, b".", b""])


def judge(code: int, answer: bytes, wanted: int | None = None) -> None:
    if code == wanted or (wanted is None and 200 <= code < 300):
        return
    said = f"{code} {answer.decode(errors='replace')}"
    if 500 <= code < 600:
        raise Rejected(said)
    raise TryLater(said)
