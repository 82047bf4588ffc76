"""E-mail through a mail server (RFC 5321); the identifier of a letter is the same at each try (RFC 5322)."""

from __future__ import annotations

import smtplib
import ssl
from datetime import UTC, datetime
from email.message import EmailMessage
from email.utils import format_datetime

from skyhub.adapters.channels._letter import Letter, NotDelivered
from skyhub.config import NotificationSettings

__all__ = ["hand_over", "mail_of", "send_mail"]

_SECONDS = 20.0


def send_mail(settings: NotificationSettings, address: str, letter: Letter) -> None:
    """Hand a letter to the mail server. Raises `NotDelivered`."""
    mail = mail_of(settings.sender, address, letter.key, letter.title)
    mail["Auto-Submitted"] = "auto-generated"
    mail.set_content("\n".join([letter.title, "", *letter.lines, *([letter.link] if letter.link else [])]))
    hand_over(settings, mail)


def mail_of(sender: str, address: str, key: str, subject: str) -> EmailMessage:
    """A mail that has no text yet; its identifier is the same for the same key."""
    mail = EmailMessage()
    mail["From"], mail["To"], mail["Subject"] = sender, address, " ".join(subject.split())
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{key}@{sender.rpartition('@')[2]}>"
    return mail


def hand_over(settings: NotificationSettings, mail: EmailMessage) -> None:
    """Hand a mail to the mail server.

    Raises
    ------
    NotDelivered
        If the server is away, or does not take it; for good if it says so with a code of 500 and more.
    """
    if settings.smtp_host is None:
        raise NotDelivered("no mail server is set (notifications.smtp_host).", final=True)
    handed_over = False
    try:
        with _connect(settings) as server:
            if settings.smtp_user and settings.smtp_password:
                server.login(settings.smtp_user, settings.smtp_password.get_secret_value())
            server.mail(mail["From"])
            _require(server.rcpt(mail["To"]))
            handed_over = True
            _require(server.data(mail.as_bytes()))
            handed_over = False
    except smtplib.SMTPResponseException as error:
        raise _refusal(error.smtp_code) from None
    except (OSError, smtplib.SMTPException) as error:
        raise NotDelivered(f"the mail server does not answer: {type(error).__name__}.", unsure=handed_over) from None


def _connect(settings: NotificationSettings) -> smtplib.SMTP:
    host, port = str(settings.smtp_host), settings.smtp_port
    if settings.smtp_security == "tls":
        return smtplib.SMTP_SSL(host, port, timeout=_SECONDS, context=ssl.create_default_context())
    server = smtplib.SMTP(host, port, timeout=_SECONDS)
    if settings.smtp_security == "starttls":
        server.starttls(context=ssl.create_default_context())
    server.ehlo_or_helo_if_needed()
    return server


def _require(answer: tuple[int, bytes]) -> None:
    code, text = answer
    if not 200 <= code < 300:
        raise smtplib.SMTPResponseException(code, text)


def _refusal(code: int) -> NotDelivered:
    return NotDelivered(f"the mail server refused it with the code {code}.", final=500 <= code < 600)
