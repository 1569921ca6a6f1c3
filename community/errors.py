"""What we refuse, in words for the caller and in words for the log."""


class Refusal(Exception):
    """Something we will not do. `public` is told to the caller, `private` only to the log."""

    status = 400

    def __init__(self, public: str, private: str = "") -> None:
        super().__init__(private or public)
        self.public = public
        self.private = private


class SignInFirst(Refusal):
    """Whoever asks must say who they are."""

    status = 401


class Unwelcome(Refusal):
    """We know who asks, and they may not."""

    status = 403


class NotFound(Refusal):
    """There is no such thing here, or none that the caller may see."""

    status = 404


class Gone(Refusal):
    """It was here and has been taken away."""

    status = 410


class Conflict(Refusal):
    """Somebody else was faster, or this cannot go from where it is."""

    status = 409


class TooLarge(Refusal):
    """More than we take in at once."""

    status = 413


class Unprocessable(Refusal):
    """Well-formed, but its content is not what we can use."""

    status = 422


class TooFast(Refusal):
    """Too many in too short a time."""

    status = 429


class TryLater(Refusal):
    """Not our caller's fault: it may go better in a while."""

    status = 503


class Misconfigured(Refusal):
    """A setting is unknown, missing or malformed; the message names it."""

    status = 500
