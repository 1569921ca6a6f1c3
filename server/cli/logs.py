"""What the program says of itself: lines for people on a terminal, one JSON object a line anywhere else."""

import json
import logging
import sys
from datetime import UTC, datetime

QUIET = ("uvicorn.access", "alembic", "aiosqlite", "asyncio", "httpcore", "httpx")
USUAL = frozenset({*vars(logging.makeLogRecord({})), "message", "asctime", "taskName"})
COLOURS = {logging.WARNING: "33", logging.ERROR: "31", logging.CRITICAL: "31;1"}


def more(record: logging.LogRecord) -> dict[str, object]:
    """What the caller said besides the message."""
    return {key: value for key, value in vars(record).items() if key not in USUAL}


class Json(logging.Formatter):
    """One object a line, as collectors of logs like it."""

    def format(self, record: logging.LogRecord) -> str:
        told: dict[str, object] = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": record.getMessage(),
            **more(record),
        }
        if record.exc_info:
            told["exception"] = self.formatException(record.exc_info)
        return json.dumps(told, ensure_ascii=False, default=str)


class Human(logging.Formatter):
    """The hour, who speaks, and the words; trouble in colour."""

    def format(self, record: logging.LogRecord) -> str:
        hour = datetime.fromtimestamp(record.created).strftime("%H:%M:%S")
        line = f"{hour}  {record.name.removeprefix('bookmobile.'):<10}  {record.getMessage()}"
        if said := more(record):
            line += f" ({', '.join(f'{key}: {value}' for key, value in said.items())})"
        if record.exc_info:
            line += "\n" + self.formatException(record.exc_info)
        colour = COLOURS.get(record.levelno)
        return f"\x1b[{colour}m{line}\x1b[0m" if colour else line


def begin(level: int = logging.INFO) -> None:
    """From now on everything is said on standard error."""
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(Human() if sys.stderr.isatty() else Json())
    logging.basicConfig(handlers=[handler], level=level, force=True)
    logging.captureWarnings(True)
    for name in QUIET:
        logging.getLogger(name).setLevel(logging.WARNING)
    logging.getLogger("uvicorn.error").setLevel(max(level, logging.WARNING))
