"""What the documents say of the code is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tools.import_graph import ROOMS, VALUES

ROOT = Path(__file__).resolve().parents[2]
DOCUMENTS = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").glob("*.md"))]
ARCHITECTURE = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
FOLDERS = "synth_widgets|js|tests|tools|docs|notebooks"
MADE = ("js/node_modules", "build")
"""What tools make, so that a clean checkout has none of it."""


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_every_path_that_is_named_is_there(document: Path) -> None:
    text = document.read_text(encoding="utf-8")
    named = set(re.findall(rf"`((?:{FOLDERS})/[\w./-]*)`", text))
    linked = {link.partition("#")[0] for link in re.findall(r"\]\(([^)\s]+)\)", text) if "://" not in link}
    shown = set(re.findall(r'(?:src|srcset)="([^":]+)"', text))
    here = {path for path in named if not path.startswith(MADE)}
    missing = [path for path in here if not (ROOT / path).exists()]
    missing += [path for path in (linked | shown) - {""} if not (document.parent / path).exists()]
    assert not missing


def test_every_file_of_the_flow_is_there() -> None:
    flow = ARCHITECTURE.split("```")[1]
    named = re.findall(r"\b(?:widget|runs|llm|store|generation|studio)/[\w.]*", flow)
    assert named
    assert not [name for name in named if not (ROOT / "synth_widgets" / name).exists()]


def test_the_table_of_rooms_is_the_one_that_is_held() -> None:
    rows = re.findall(r"^\| (`?[\w.]+`?) \| (.+?) \| (.+?) \|$", ARCHITECTURE, flags=re.MULTILINE)
    said = {room.strip("`"): (what, may) for room, what, may in rows if room.strip("`") in {*ROOMS, "values"}}
    assert set(said) == (ROOMS.keys() - VALUES - {"__init__", "__main__"}) | {"values"}
    assert set(re.findall(r"\w+", said["values"][0])) == VALUES
    for room in said.keys() - {"values", "studio"}:
        named = set(re.findall(r"`([\w.]+)`", said[room][1])) - {"Protocol"}
        assert VALUES | named == ROOMS[room] | VALUES, room
    assert ROOMS["studio"] == {name for name in ROOMS if name not in {"studio", "widget", "testing"} and name[0] != "_"}
