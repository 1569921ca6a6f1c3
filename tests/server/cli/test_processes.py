"""The program as a process: it opens, it answers, it ends when it is told to."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.processes import ROOT, Process

pytestmark = [pytest.mark.processes, pytest.mark.timeout(300)]


@pytest.fixture
def nantucket(tmp_path: Path, free_port: int, database_url: str) -> Iterator[Process]:
    """A library that `init` has made."""
    made = Process(tmp_path, free_port, database_url)
    made.command("init", "--admin-email", "ben@mail.example")
    yield made
    made.stop()


def get(address: str) -> str:
    """What is there."""
    with urllib.request.urlopen(address, timeout=20) as answer:
        said: bytes = answer.read()
    return said.decode()


def children(process: subprocess.Popen[bytes]) -> list[int]:
    """The processes that a process has started."""
    return [int(pid) for pid in Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()]


def test_a_library_is_made_opens_answers_and_closes_when_told_to(nantucket: Process) -> None:
    process = nantucket.start()

    assert get(f"{nantucket.root}/healthz").strip() == "ok"
    assert json.loads(get(f"{nantucket.root}/.well-known/nodeinfo"))["links"]
    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0

    lines = [json.loads(line) for line in nantucket.log().splitlines() if line.startswith("{")]
    assert [line["message"] for line in lines if line["logger"] == "bookmobile"] == [
        f"Nantucket Library is open at {nantucket.root}",
        "Nantucket Library is closed",
    ]


def test_several_processes_serve_at_one_port_and_a_dead_one_is_replaced(nantucket: Process) -> None:
    process = nantucket.start("serve", "--port", str(nantucket.port), "--workers", "2")
    first = children(process)
    assert len(first) == 3  # two for the web, one for the work

    os.kill(first[0], signal.SIGKILL)
    ends = time.monotonic() + 60
    while len(set(children(process)) - set(first)) < 1 and time.monotonic() < ends:
        time.sleep(0.1)
    assert len(children(process)) == 3
    assert get(f"{nantucket.root}/healthz").strip() == "ok"
    assert 'bookmobile_requests_total{method="GET",status="2xx"}' in get(f"{nantucket.root}/metrics")  # whoever answers tells for all

    process.send_signal(signal.SIGTERM)
    assert process.wait(timeout=60) == 0


def test_a_child_ends_when_whoever_started_it_is_gone(nantucket: Process) -> None:
    theirs, ours = os.pipe()
    worker = subprocess.Popen(
        [sys.executable, "-m", "server.cli", "worker", "--lifeline", str(theirs)],
        cwd=nantucket.folder,
        env=nantucket.environment | {"PYTHONPATH": str(ROOT)},
        pass_fds=(theirs,),
        stderr=subprocess.PIPE,
    )
    nantucket.running.append(worker)
    os.close(theirs)
    assert worker.stderr is not None
    with worker.stderr:
        assert "the worker has begun" in json.loads(worker.stderr.readline())["message"]

        os.close(ours)  # what the system does for a process that was killed

        assert worker.wait(timeout=60) == 0
