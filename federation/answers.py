"""What comes back when we call another server, and the names of what may go wrong."""

from dataclasses import dataclass

from community.errors import Refusal
from federation.wire import Wire


class Unreachable(Refusal):
    """The other server did not answer, or not in time, or was in trouble. It may go better later."""

    status = 503

    def __init__(self, public: str, private: str = "", *, retry_after: int | None = None) -> None:
        super().__init__(public, private)
        self.retry_after = retry_after


class Refused(Refusal):
    """We will not go there, or will not take what came back."""

    status = 422


class GoneThere(Refusal):
    """The other server says that there is no such thing: 404, or 410 when it is gone for good."""

    status = 404

    def __init__(self, public: str, private: str = "", *, for_good: bool) -> None:
        super().__init__(public, private)
        self.for_good = for_good


@dataclass(frozen=True)
class Document:
    """A document from another server, and the address that it really came from."""

    url: str
    json: Wire


@dataclass(frozen=True)
class Answer:
    """What an inbox said. Status 0: nobody answered, or we did not go there."""

    status: int
    scheme: str  # the kind of signature that it was answered for: cavage or rfc9421
    reason: str = ""
    retry_after: int | None = None  # seconds
    forbidden: bool = False  # we did not go there

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300

    @property
    def gone(self) -> bool:
        """Gone for good: whoever had this inbox follows nobody any more."""
        return self.status == 410

    @property
    def permanent(self) -> bool:
        """Trying again would not help. 401, 408 and 429 pass, as do troubles of a server."""
        return self.forbidden or self.status == 501 or (400 <= self.status < 500 and self.status not in (401, 408, 425, 429))
