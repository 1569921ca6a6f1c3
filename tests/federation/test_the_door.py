"""What happens at the inbox before anything is believed."""

import logging
from pathlib import Path

import aiohttp
import pytest

from tests.world import town


async def test_a_stranger_hears_why_they_are_refused_and_so_does_the_log(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "bookmobile")

    async with town(tmp_path) as here, aiohttp.ClientSession() as cleo:
        activity = {"type": "Follow", "actor": "https://elsewhere.example/users/cleo", "object": here.library.uris.library}
        async with cleo.post(here.library.uris.shared_inbox, json=activity) as answer:
            status, said = answer.status, await answer.json()

    assert status == 401
    assert "Sign your request" in said["error"]
    assert any(one.getMessage().startswith("refused at the inbox: 401 Unsigned: ") for one in caplog.records)
