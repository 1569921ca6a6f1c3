"""What a bench says: a table for people, JSON for trends."""

import json
import os
import platform
import subprocess
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from bench.contest import Contestant, Result, Spread
from bench.processes import PROJECT


def text(result: Result) -> str:
    """The result as a table."""
    lines = [f"{result.name}: CPU microseconds (user + system) per {result.unit}"]
    lines.append(f"  {'':10}{'min':>9}{'median':>9}{'middle half':>19}{'per cpu-s':>11}{'ratio to bound':>16}{'wall/s':>9}")
    for contestant in result.contestants:
        spread = Spread.of([one.us for one in contestant.kept])
        ratio = Spread.of(result.ratios(contestant.name)).median
        wall = Spread.of([one.items / one.wall for one in contestant.kept]).median
        middle = f"{spread.lower:.0f} to {spread.upper:.0f}"
        lines.append(
            f"  {contestant.name:10}{spread.least:9.0f}{spread.median:9.0f}{middle:>19}{1e6 / spread.median:11.0f}{ratio:16.2f}{wall:9.0f}"
        )
    ratios = " ".join(f"{one:.2f}" for one in result.ratios())
    verdict = "met" if result.ratio >= result.goal else "MISSED"
    lines.append(f"  ratio bound/subject, round by round: {ratios}; median {result.ratio:.2f}, goal {result.goal:.2f}: {verdict}")
    lines += [f"  note: {note}" for note in result.notes]
    lines += [f"  {'ok   ' if check.ok else 'WRONG'} {check.name}{f' ({check.seen})' if check.seen else ''}" for check in result.checks]
    return "\n".join(lines)


def machine() -> dict[str, str]:
    """Where and on what this was measured."""
    commit = subprocess.run(
        ["git", "rev-parse", "--short", "HEAD"], cwd=PROJECT, capture_output=True, text=True, check=False
    ).stdout.strip()
    system = dict(line.split("=", 1) for line in Path("/etc/os-release").read_text().splitlines() if "=" in line)
    return {
        "when": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit or "unknown",
        "cores": str(os.cpu_count()),
        "python": platform.python_version(),
        "system": system.get("PRETTY_NAME", platform.system()).strip('"'),
        "load": f"{os.getloadavg()[0]:.1f}",
    }


def write(result: Result, folder: Path) -> Path:
    """Keep the result as JSON, beside earlier ones."""
    folder.mkdir(parents=True, exist_ok=True)
    said = machine()
    file = folder / f"{result.name}-{said['when'].replace(':', '')}.json"
    file.write_text(json.dumps({"machine": said, **_wire(result)}, indent=1))
    return file


def _wire(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "unit": result.unit,
        "goal": result.goal,
        "ratio": result.ratio,
        "ratios": result.ratios(),
        "contestants": {one.name: _samples(one) for one in result.contestants},
        "checks": [asdict(check) for check in result.checks],
        "notes": result.notes,
    }


def _samples(contestant: Contestant) -> list[dict[str, float]]:
    return [{**asdict(one), "us": one.us} for one in contestant.samples]
