"""Time, aware and given: tests may move it."""

from datetime import UTC, datetime, timedelta


def now() -> datetime:
    """This moment, in UTC, to the millisecond (what every database we use can keep)."""
    moment = datetime.now(UTC)
    return moment.replace(microsecond=moment.microsecond // 1000 * 1000)


def seconds(count: float) -> timedelta:
    """A duration of so many seconds."""
    return timedelta(seconds=count)


def minutes(count: float) -> timedelta:
    """A duration of so many minutes."""
    return timedelta(minutes=count)


def hours(count: float) -> timedelta:
    """A duration of so many hours."""
    return timedelta(hours=count)


def days(count: float) -> timedelta:
    """A duration of so many days."""
    return timedelta(days=count)
