"""`python -m bench [inbox|fanout|page]...`: ratios to bounds that are measured in the same run."""

import argparse
import sys
import tempfile
from collections.abc import Awaitable, Callable
from pathlib import Path

import uvloop

from bench import fanout, inbox, page, report
from bench.contest import FEWEST_ROUNDS, Result
from bench.processes import PROJECT

BENCHES: dict[str, Callable[[Path, int], Awaitable[Result]]] = {"inbox": inbox.run, "fanout": fanout.run, "page": page.run}


async def measure(names: list[str], rounds: int, out: Path) -> bool:
    """Run these benches one after the other; says whether everything that must be true was true."""
    right = True
    print(" · ".join(f"{name} {value}" for name, value in report.machine().items()), flush=True)
    for name in names:
        with tempfile.TemporaryDirectory(prefix="bookmobile-bench-") as folder:
            result = await BENCHES[name](Path(folder), rounds)
        right = right and result.is_right
        print(f"\n{report.text(result)}", flush=True)
        report.write(result, out)
    return right


def main() -> int:
    """Status 0 however fast it was, 1 when an answer was wrong: speed without truth is no figure."""
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", choices=[*BENCHES, []], help="which ones; all of them if none is named")
    parser.add_argument("--rounds", type=int, default=FEWEST_ROUNDS + 1, help="rounds of each contestant; the first is dropped")
    parser.add_argument("--out", type=Path, default=PROJECT / "bench-out", help="folder for the figures as JSON")
    given = parser.parse_args()
    return 0 if uvloop.run(measure(given.names or list(BENCHES), given.rounds, given.out)) else 1


if __name__ == "__main__":
    sys.exit(main())
