"""What was decided about whole servers, and so about everyone on them."""

from collections.abc import Sequence

from sqlalchemy.ext.asyncio import AsyncSession

from community import uris
from community.database import Base
from moderation import domains
from moderation.tables import DomainAnswer, DomainRule
from moderation.verdicts import ALLOWED, Answer, Example, Submission, Verdict

ANSWERS: dict[DomainAnswer, Answer] = {
    DomainAnswer.allow: Answer.allow,
    DomainAnswer.limit: Answer.limit,
    DomainAnswer.hold: Answer.hold,
    DomainAnswer.refuse: Answer.refuse,
}


def _from(host: str, what: str = "create", uri: str | None = None) -> Submission:
    actor = f"https://{host}/users/cleo"
    kind, address = what.capitalize(), uri or f"{actor}/1"
    return Submission(actor=None, actor_uri=actor, host=host, kind=what, activity_type=kind, uri=address, text="Hi")


def _rules(*rules: tuple[str, DomainAnswer]) -> Sequence[Base]:
    return [DomainRule(domain=domain, answer=answer, reason="Spam without end") for domain, answer in rules]


_REFUSED = ("harbour.example", DomainAnswer.refuse)
_LIMITED = ("harbour.example", DomainAnswer.limit)
_HELD = ("harbour.example", DomainAnswer.hold)


class Domains:
    """Servers that we refuse, limit or hold, with their subdomains; `allow` makes an exception for a subdomain."""

    name = "domains"
    examples = (
        Example("a refused server", Answer.refuse, lambda: (_from("harbour.example"), _rules(_REFUSED))),
        Example("a subdomain of a refused server", Answer.refuse, lambda: (_from("a.b.harbour.example"), _rules(_REFUSED))),
        Example("a refused server on another port", Answer.refuse, lambda: (_from("harbour.example:8443"), _rules(_REFUSED))),
        Example(
            "a boost of something from a refused server",
            Answer.refuse,
            lambda: (_from("quay.example", "announce", "https://harbour.example/notes/1"), _rules(_REFUSED)),
        ),
        Example("a limited server", Answer.limit, lambda: (_from("harbour.example"), _rules(_LIMITED))),
        Example("a server whose posts wait", Answer.hold, lambda: (_from("harbour.example"), _rules(_HELD))),
        Example("a name that only ends alike", Answer.allow, lambda: (_from("safeharbour.example"), _rules(_REFUSED))),
        Example(
            "an allowed subdomain of a refused server",
            Answer.allow,
            lambda: (_from("books.harbour.example"), _rules(_REFUSED, ("books.harbour.example", DomainAnswer.allow))),
        ),
        Example("a server that nobody decided about", Answer.allow, lambda: (_from("quay.example"), _rules(_REFUSED))),
    )

    async def judge(self, session: AsyncSession, submission: Submission) -> Verdict:
        """The strictest of what we decided about the server that speaks and the server that is spoken about."""
        spoken = {host for host in (submission.host, uris.host(submission.uri or "")) if host}
        if not spoken:
            return ALLOWED
        table = await domains.REMEMBERED.get(session)
        found = [one for host in sorted(spoken) if (one := domains.find(table, host)) is not None]
        return max((Verdict(ANSWERS[answer], self.name, reason, about=name) for name, answer, reason in found), default=ALLOWED)
