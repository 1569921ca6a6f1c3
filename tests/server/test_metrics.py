"""Numbers for whoever runs the machine: few labels, whatever others send, and every one explained."""

import os
import re
import subprocess
import sys
from pathlib import Path

import aiohttp
from prometheus_client.parser import text_string_to_metric_families

from federation import counters
from server import metrics
from tests.house.test_guards import ROOT
from tests.remote_server import remote_server
from tests.server.client import Browser, browser
from tests.world import town

Numbers = dict[tuple[str, ...], float]


async def numbers(someone: Browser) -> Numbers:
    """All of them, by name and the values of their labels in the order of the labels' names."""
    page = await someone.get("/metrics")
    assert page.status == 200
    families = text_string_to_metric_families(page.text)
    return {(one.name, *(one.labels[name] for name in sorted(one.labels))): one.value for family in families for one in family.samples}


def grown(before: Numbers, after: Numbers) -> Numbers:
    """What is more now."""
    return {key: after[key] - before.get(key, 0) for key in after if after[key] != before.get(key, 0)}


async def test_what_comes_and_goes_is_counted(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as someone:
        ada = await here.person("ada")
        before = await numbers(someone)

        await harbour.says(here, harbour.activity("Follow", "cleo", ada.actor.uri))
        await harbour.says(here, harbour.activity("Listen", "cleo", "https://music.example/1"))
        await harbour.says(here, harbour.activity("Frobnicate", "cleo", "https://music.example/2"))
        await harbour.sends(here.library.uris.shared_inbox, b"{}", "cleo")
        await here.settle()

        more = grown(before, await numbers(someone))
        assert more["bookmobile_inbox_answers_total", "202"] == 3
        assert more["bookmobile_inbox_answers_total", "400"] == 1
        assert more["bookmobile_inbox_activities_total", "Follow"] == 1
        assert more["bookmobile_inbox_activities_total", "other"] == 1
        assert more["bookmobile_unknown_activities_total", "Listen"] == 1
        assert more["bookmobile_handled_total", "left", "other"] == 1
        assert more["bookmobile_signatures_total", "good", "cavage"] == 3
        assert more["bookmobile_deliveries_total", "delivered"] == 1
        assert more["bookmobile_fetches_total", "document", "found"] >= 1


async def test_a_signature_that_is_missing_is_counted_by_name(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as cleo:
        wire = harbour.activity("Like", "cleo", "https://library.example/1")
        before = await numbers(cleo)

        async with aiohttp.ClientSession() as session, session.post(here.library.uris.shared_inbox, json=wire) as answer:
            assert answer.status == 401

        more = grown(before, await numbers(cleo))
        assert more["bookmobile_signatures_total", "unsigned", "none"] == 1
        assert more["bookmobile_inbox_answers_total", "401"] == 1


async def test_what_waits_is_weighed(tmp_path: Path) -> None:
    async with town(tmp_path) as here, remote_server() as harbour, browser(here) as someone:
        ada = await here.person("ada")
        await harbour.says(here, harbour.activity("Follow", "cleo", ada.actor.uri))

        waiting = await numbers(someone)
        await here.settle()
        done = await numbers(someone)

        assert waiting["bookmobile_owed", "inbox"] == 1
        assert waiting["bookmobile_owed_oldest_seconds", "inbox"] > 0
        assert done["bookmobile_owed", "inbox"] == done["bookmobile_owed", "deliveries"] == 0
        assert done["bookmobile_owed_oldest_seconds", "deliveries"] == 0


def test_no_stranger_can_make_new_labels() -> None:
    before = len(list(counters.REGISTRY.collect()))
    for number in range(50):
        counters.took_in(f"Made{number}Up")
        counters.handled(f"Made{number}Up", f"words {number}")
        counters.answered(200 + number)

    values = {value for family in counters.REGISTRY.collect() for one in family.samples for value in one.labels.values()}
    assert not [value for value in values if value.startswith(("Made", "words"))]
    assert len(values) < 80
    assert len(list(counters.REGISTRY.collect())) == before


def test_processes_that_share_a_folder_count_together(tmp_path: Path) -> None:
    for words in ("counters.took_in('Create')", "counters.took_in('Create'); counters.sent('delivered', 3)"):
        ran(f"from federation import counters; {words}", tmp_path)

    said = ran("from server import metrics; print(metrics.exposition().decode())", tmp_path)

    assert 'bookmobile_inbox_activities_total{type="Create"} 2.0' in said
    assert 'bookmobile_deliveries_total{outcome="delivered"} 3.0' in said


def ran(program: str, folder: Path) -> str:
    """What a process of its own says that counts in this folder."""
    environ = {**os.environ, metrics.SHARED: str(folder)}
    done = subprocess.run([sys.executable, "-c", program], cwd=ROOT, env=environ, capture_output=True, text=True, check=True)
    return done.stdout


def test_every_number_is_explained_and_every_explanation_has_its_number() -> None:
    page = (ROOT / "docs" / "metrics.md").read_text()
    explained = set(re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE))
    # A counter ends in _total; what else it is made of is Prometheus's own business.
    made = {family.name + ("_total" if family.type == "counter" else "") for registry in metrics.EVERY for family in registry.collect()}

    assert explained == made
    for name in [*counters.SENT, *counters.OUTCOMES, *counters.SIGNATURES.values(), *counters.FETCHES.values()]:
        assert name in page
