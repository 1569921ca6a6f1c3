"""Sends the letters that are owed."""

import logging
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

import aiosmtplib

from community import due
from community.clock import hours, minutes
from community.library import Library
from community.settings import Settings
from server.letters import Letter

log = logging.getLogger("bookmobile.mail")

RETRY_AFTER = (minutes(1), minutes(5), minutes(15), hours(1), hours(4))
PATIENCE = 20.0  # seconds
DEFAULT_PORTS = {"smtp": 587, "smtps": 465}


def works(settings: Settings) -> bool:
    """Whether letters can leave: through a mail server or, in the demo, into the log."""
    return bool(settings.smtp_url) or settings.demo


async def work_off(library: Library, limit: int = 20) -> int:
    """Send what is owed; returns how many were looked at. The worker calls this."""
    async with library.database.transaction() as session:
        claimed = [row.id for row in await due.claim(session, Letter, limit)]
    for letter_id in claimed:
        await attempt(library, letter_id)
    return len(claimed)


async def attempt(library: Library, letter_id: int) -> None:
    """Send one letter; what fails is tried again."""
    async with library.database.snapshot() as session:
        letter = await session.get_one(Letter, letter_id)
    why = ""
    try:
        await send(library.settings, letter)
    except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as cause:
        # ValueError: an address or a subject that no letter can have. The others must not wait for it.
        why = f"{type(cause).__name__}: {cause}"
        log.warning("a letter could not be sent: %s", type(cause).__name__)
    async with library.database.transaction() as session:
        row = await session.get_one(Letter, letter_id)
        if why:
            row.try_again(RETRY_AFTER, why)
        else:
            row.finish()
            row.body = ""


async def send(settings: Settings, letter: Letter) -> None:
    """Hand one letter to the mail server or, in the demo, write it into the log."""
    if not settings.smtp_url:
        if not settings.demo:
            raise OSError("no SMTP_URL is set")
        log.info("a letter to %s\n%s\n\n%s", letter.recipient, letter.subject, letter.body)
        return
    server = urlsplit(settings.smtp_url)
    await aiosmtplib.send(
        _message(settings, letter),
        hostname=server.hostname or "localhost",
        port=server.port or DEFAULT_PORTS.get(server.scheme, 25),
        username=unquote(server.username) if server.username else None,
        password=unquote(server.password) if server.password else None,
        use_tls=server.scheme == "smtps",
        start_tls=None if server.username is None else server.scheme != "smtps",
        timeout=PATIENCE,
    )


def _message(settings: Settings, letter: Letter) -> EmailMessage:
    message = EmailMessage()
    message["From"] = settings.mail_from or f"{settings.name} <no-reply@{settings.domain.partition(':')[0]}>"
    message["To"] = letter.recipient
    message["Subject"] = letter.subject
    message["Date"] = formatdate()
    message["Message-ID"] = make_msgid(domain=settings.domain.partition(":")[0])
    message["Auto-Submitted"] = "auto-generated"
    message.set_content(letter.body)
    return message
