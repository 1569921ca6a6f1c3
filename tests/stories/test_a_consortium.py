"""Three libraries in processes of their own show the same words about every work; the long form is `make soak`."""

from pathlib import Path

import pytest

from tests.stories import consortium


@pytest.mark.processes
@pytest.mark.timeout(400)
async def test_three_libraries_are_one_catalogue_of_opinions(tmp_path: Path) -> None:
    assert await consortium.run(tmp_path, libraries=3, works=6, reviews=24, patience=300) == 0
