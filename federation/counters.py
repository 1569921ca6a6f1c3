"""What federation counts for whoever runs the machine. Every label has few values, whatever others send; docs/metrics.md explains them."""

from collections.abc import Awaitable, Callable
from functools import wraps
from typing import ParamSpec, TypeVar

from prometheus_client import CollectorRegistry, Counter

from community.errors import Refusal
from federation.answers import Answer, GoneThere, Refused, Unreachable
from federation.received import Forged, KeyUnreachable, Received, Replayed, Stale, Unsigned

REGISTRY = CollectorRegistry()
OTHER = "other"

ANSWERS = frozenset({202, 400, 401, 413, 503})  # as FEDERATION.md lists them
# The verbs of ActivityStreams, and those that others have added; anything else is "other".
# fmt: off
VERBS = frozenset({
    "Accept", "Add", "Announce", "Arrive", "Block", "Create", "Delete", "Dislike", "EmojiReact", "Flag", "Follow", "Ignore",
    "Invite", "Join", "Leave", "Like", "Listen", "Move", "Offer", "Question", "QuoteRequest", "Read", "Reject", "Remove",
    "TentativeAccept", "TentativeReject", "Travel", "Undo", "Update", "View",
})
# fmt: on
OUTCOMES = frozenset({"kept", "changed", "deleted", "known", "left", "refused", "retried", "given up"})  # of a handler; others are "done"
SENT = ("delivered", "put off", "refused", "gone", "overtaken")
SIGNATURES: dict[type[Refusal], str] = {
    Unsigned: "unsigned",
    Forged: "forged",
    Replayed: "replayed",
    Stale: "stale",
    KeyUnreachable: "key unreachable",
}
FETCHES: dict[type[Refusal], str] = {Unreachable: "unreachable", GoneThere: "gone", Refused: "refused"}

_answers = Counter("bookmobile_inbox_answers", "Requests to an inbox by the status that we gave", ["status"], registry=REGISTRY)
_activities = Counter("bookmobile_inbox_activities", "Activities taken in, by type", ["type"], registry=REGISTRY)
_handled = Counter("bookmobile_handled", "Activities worked through, and what became of them", ["type", "outcome"], registry=REGISTRY)
_unknown = Counter("bookmobile_unknown_activities", "Activities left because we have no handler", ["type"], registry=REGISTRY)
_deliveries = Counter("bookmobile_deliveries", "Deliveries tried, by what came of it", ["outcome"], registry=REGISTRY)
_signatures = Counter("bookmobile_signatures", "Signatures looked at, by kind and result", ["scheme", "result"], registry=REGISTRY)
_fetches = Counter("bookmobile_fetches", "Documents and pictures asked of other servers, by result", ["kind", "result"], registry=REGISTRY)

P = ParamSpec("P")
T = TypeVar("T")


def verb(kind: str) -> str:
    """A type that may be a label."""
    return kind if kind in VERBS else OTHER


def answered(status: int) -> None:
    """An inbox gave this answer."""
    _answers.labels(str(status) if status in ANSWERS else OTHER).inc()


def took_in(kind: str) -> None:
    """An activity of this type is on the disk."""
    _activities.labels(verb(kind)).inc()


def handled(kind: str, said: str) -> None:
    """This became of an activity, in the words of its handler: the first of them is counted."""
    outcome = next((known for known in OUTCOMES if said.startswith(known)), "done")
    _handled.labels(verb(kind), outcome).inc()


def left_unknown(kind: str) -> None:
    """Nobody here understands this type."""
    _unknown.labels(verb(kind)).inc()


def sent(outcome: str, count: int = 1) -> None:
    """So many deliveries went like this; one of SENT."""
    if count:
        _deliveries.labels(outcome).inc(count)


def outcome_of(answer: Answer) -> str:
    """What an inbox's answer is counted as."""
    if answer.ok:
        return "delivered"
    return "gone" if answer.gone else "refused" if answer.permanent else "put off"


def of_signatures(verify: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
    """The same look at a request's signature, and its result counted."""

    @wraps(verify)
    async def counted(*args: P.args, **kwargs: P.kwargs) -> T:
        scheme = _scheme(args[0]) if args and isinstance(args[0], Received) else OTHER
        try:
            found = await verify(*args, **kwargs)
        except Refusal as cause:
            _signatures.labels(scheme, SIGNATURES.get(type(cause), OTHER)).inc()
            raise
        _signatures.labels(scheme, "good").inc()
        return found

    return counted


def of_fetches(kind: str) -> Callable[[Callable[P, Awaitable[T]]], Callable[P, Awaitable[T]]]:
    """The same question to another server, and its result counted."""

    def counting(fetch: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[T]]:
        @wraps(fetch)
        async def counted(*args: P.args, **kwargs: P.kwargs) -> T:
            try:
                found = await fetch(*args, **kwargs)
            except Refusal as cause:
                _fetches.labels(kind, FETCHES.get(type(cause), OTHER)).inc()
                raise
            _fetches.labels(kind, "found").inc()
            return found

        return counted

    return counting


def _scheme(request: Received) -> str:
    if b"signature-input" in request.fields:
        return "rfc9421"
    return "cavage" if b"signature" in request.fields else "none"
