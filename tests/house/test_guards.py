"""Rules that would rot if they were only written down."""

import ast
import re
import subprocess
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

from community.posts.kinds import KINDS
from community.settings import Settings
from federation.handlers.table import HANDLERS
from federation.vocabulary import POST_TYPES
from moderation.policies import registry
from moderation.tables import Action

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("community", "themes", "moderation", "search", "federation", "server")


def modules(*rooms: str) -> Iterator[Path]:
    for room in rooms or ROOMS:
        yield from (file for file in (ROOT / room).rglob("*.py") if "versions" not in file.parts)


def test_only_the_database_commits() -> None:
    # The index of search/embedded has commits of its own: what it holds can be made again from the database.
    exempt = {ROOT / "community" / "database.py", *modules("search")}
    guilty = [str(file.relative_to(ROOT)) for file in modules() if ".commit(" in file.read_text() and file not in exempt]
    assert guilty == []


def test_imports_stand_at_the_top() -> None:
    guilty = []
    for file in modules():
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                guilty += [
                    f"{file.relative_to(ROOT)}:{one.lineno}" for one in ast.walk(node) if isinstance(one, ast.Import | ast.ImportFrom)
                ]
    assert guilty == []


def test_every_file_has_a_caption_and_fits_on_a_few_screens() -> None:
    for file in modules():
        text = file.read_text()
        assert ast.get_docstring(ast.parse(text)), f"{file.relative_to(ROOT)} has no caption"
        assert len(text.splitlines()) <= 440, f"{file.relative_to(ROOT)} wants to be two"


def test_every_setting_stands_in_the_readme() -> None:
    readme = (ROOT / "README.md").read_text()
    missing = [one.name.upper() for one in fields(Settings) if f"`{one.name.upper()}`" not in readme]
    assert missing == []


def test_every_activity_and_kind_stands_in_federation_md() -> None:
    page = (ROOT / "FEDERATION.md").read_text()
    assert [verb for verb in HANDLERS if f"`{verb}`" not in page] == []
    assert [kind for kind in POST_TYPES if f"`{kind}`" not in page] == []
    assert [kind for kind in KINDS if kind not in page] == []


def test_every_page_of_moderation_demands_the_role() -> None:
    for file in (ROOT / "server" / "pages" / "moderation").glob("*.py"):
        for node in ast.parse(file.read_text()).body:
            if isinstance(node, ast.AsyncFunctionDef) and not node.name.startswith("_"):
                assert "sessions.require" in ast.unparse(node), f"{file.name}: {node.name} lets everybody in"


def test_every_action_of_moderation_has_words_for_people() -> None:
    template = (ROOT / "themes/default/templates/moderation/case.html").read_text()
    for action in Action:
        assert f'"{ {"refuse_server": "refuse"}.get(action, action) }":' in template


def test_every_policy_has_an_example_that_it_holds_and_one_that_it_lets_through() -> None:
    for policy in registry.chosen(("domains", "words", "pace", "newcomers")):
        answers = {example.answer for example in policy.examples}
        assert len(answers) >= 2, policy.name
        assert min(answers) == 0, f"{policy.name} lets nothing through"


def test_the_repository_names_no_registry_and_no_path_of_a_machine() -> None:
    hosts = re.compile("py" r"pi\.org|python" r"hosted|registry\.npm" r"js|deb\.deb" r"ian\.org|/wo" r"rk/|/ro" r"ot/")
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\n")
    guilty = []
    for name in filter(None, listed):
        try:
            text = (ROOT / name).read_text()
        except (UnicodeDecodeError, FileNotFoundError):
            continue
        if hosts.search(text):
            guilty.append(name)
    assert guilty == []
