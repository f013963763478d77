"""What is written by name goes into an ordinary file of its own, which nobody else may read before it is whole."""

from __future__ import annotations

import os
import stat
import sys
from itertools import pairwise
from pathlib import Path

import pytest

import synth_widgets as sw
from synth_widgets.errors import FileError, StudioError
from synth_widgets.exchange import files
from synth_widgets.records import ROOT, Topic
from synth_widgets.store import copying, opening, ordinary
from synth_widgets.store.changes import TopicAdded
from synth_widgets.store.columns import MOST_LEVELS
from synth_widgets.testing import ScriptedCompleter
from tests.replica import Peer
from tests.tasks import PLAIN

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="links, pipes and modes are POSIX's")
KINDS = ["link", "link to nothing", "second name", "pipe"]


@pytest.fixture
def usual(tmp_path: Path) -> int:
    """The mode of a new file, as ``open`` makes one."""
    probe = tmp_path / "probe"
    probe.touch()
    mode = stat.S_IMODE(probe.stat().st_mode)
    probe.unlink()
    return mode


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def stand_in(kind: str, path: Path, precious: Path) -> None:
    match kind:
        case "link":
            path.symlink_to(precious)
        case "link to nothing":
            path.symlink_to(precious.with_name("nothing-yet"))
        case "second name":
            os.link(precious, path)
        case "pipe":
            os.mkfifo(path)


# ---------------------------------------------------------------- drafts
@pytest.mark.parametrize("former", [None, 0o640, 0o600])
def test_nobody_else_may_read_an_export_before_it_is_whole(tmp_path, usual, former):
    target, modes = tmp_path / "a.csv", []
    if former is not None:
        target.touch()
        target.chmod(former)

    def write(file):
        file.write(b"a")
        modes.extend(mode_of(draft) for draft in tmp_path.glob(".*.part"))

    files.write_whole(target, write)
    assert modes == [0o600]
    assert mode_of(target) == (usual if former is None else former)
    assert [path.name for path in tmp_path.iterdir()] == ["a.csv"]


@pytest.mark.parametrize(("of_file", "of_copy"), [(0o644, None), (0o600, 0o600)])
def test_nobody_else_may_read_a_copy_before_it_is_whole_nor_who_may_not_read_the_file(
    tmp_path, usual, monkeypatch, of_file, of_copy
):
    fill, modes = copying._fill, []

    def filling(draft, *others):
        fill(draft, *others)
        modes.append(mode_of(draft))

    monkeypatch.setattr(copying, "_fill", filling)
    with sw.Studio(PLAIN, path=tmp_path / "a.synth", model=ScriptedCompleter()) as studio:
        (tmp_path / "a.synth").chmod(of_file)
        studio.backup(tmp_path / "b.synth")
    assert modes == [0o600]
    assert mode_of(tmp_path / "b.synth") == (usual & of_file if of_copy is None else of_copy)


# ---------------------------------------------------------------- exports from the page
@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("replace", [True, False])
def test_an_export_from_the_page_follows_no_link_and_says_what_stands_there(
    open_studio, tmp_path, monkeypatch, kind, replace
):
    monkeypatch.chdir(tmp_path)
    precious = tmp_path / "precious.txt"
    precious.write_text("Dear diary.")
    stand_in(kind, tmp_path / "train.jsonl", precious)
    studio = open_studio(None, PLAIN)
    studio.add_samples([{"input": "In.", "output": "Out."}], status="kept")
    error = Peer(studio._core, studio).do("export", path="train.jsonl", replace=replace)["error"]
    assert error["kind"] == "FileError"
    assert "train.jsonl is a" in error["message"]
    assert "left as it is" in error["message"]
    assert precious.read_text() == "Dear diary."
    assert not (tmp_path / "nothing-yet").exists()


def test_an_export_from_code_follows_a_link(open_studio, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "train.jsonl").symlink_to(tmp_path / "real.jsonl")
    studio = open_studio(None, PLAIN)
    studio.add_samples([{"input": "In.", "output": "Out."}], status="kept")
    studio.export("train.jsonl")
    assert (tmp_path / "train.jsonl").is_symlink()
    assert "Out." in (tmp_path / "real.jsonl").read_text()


ODD = [
    "-rf.csv", "--help.csv", "CON.csv", "nul.jsonl", "a.csv.", "a.csv ", " a.csv", "x" * 300 + ".csv", "a\nb.csv",
    "a\x1b[31m.csv", "a\u202evsc.csv", "a\0.csv", "\ud800.csv", "A.SYNTH", "a.Synth-WAL", "a.synth.csv", ".csv", "..",
    "folder/../a.csv", "nowhere/a.csv", "a.csv/", "", "   ", "é" * 120 + ".csv", "👩\u200d💻.csv",
]  # fmt: skip


@pytest.mark.parametrize("name", ODD, ids=ascii)
def test_an_odd_name_of_an_export_is_taken_as_it_is_or_refused_in_words(open_studio, tmp_path, monkeypatch, name):
    monkeypatch.chdir(tmp_path)
    studio = open_studio(None, PLAIN)
    studio.add_samples([{"input": "In.", "output": "Out."}], status="kept")
    peer = Peer(studio._core, studio)
    reply = peer.do("export", path=name, replace=True)
    if "ok" in reply:
        assert Path(reply["ok"]).is_file()
    else:
        assert reply["error"]["kind"] in {"FileError", "StudioError", "BadArguments"}
        assert not any(tmp_path.iterdir())
    assert not list(tmp_path.glob(".*.part"))


@pytest.mark.parametrize("name", ["a\nb.csv", "a\x1b[31m.csv", "a\u202evsc.csv", "a\u2028.csv"], ids=ascii)
def test_a_name_from_the_page_that_does_not_read_as_it_is_is_refused(tmp_path, name):
    with pytest.raises(FileError, match=r"'a\\.*not seen as they are"):
        files.target_of(tmp_path / name, follows=False)
    assert files.target_of(tmp_path / name) == tmp_path / name, "code says what it means"


# ---------------------------------------------------------------- names beside the file
@pytest.mark.parametrize("kind", KINDS)
def test_what_is_no_ordinary_file_is_neither_opened_nor_removed_nor_renamed(tmp_path, kind):
    precious, path = tmp_path / "precious", tmp_path / "name"
    precious.write_text("Dear diary.")
    stand_in(kind, path, precious)
    for touch in (
        lambda: ordinary.check(path),
        lambda: ordinary.open_to_read(path),
        lambda: ordinary.remove(path),
        lambda: ordinary.rename(path, tmp_path / "other"),
        lambda: ordinary.rename(tmp_path / "no-such", path),
    ):
        with pytest.raises(FileError, match="left as it is"):
            touch()
    with pytest.raises(FileExistsError):
        ordinary.make(path)
    assert not ordinary.is_free(path)
    assert precious.read_text() == "Dear diary."


def test_every_connection_is_bounded_and_trusts_nothing_that_a_file_defines():
    db = opening.connect(":memory:")
    assert db.execute("PRAGMA trusted_schema").fetchone() == (0,)
    assert db.execute("PRAGMA cell_size_check").fetchone() == (1,)
    assert all(db.getlimit(limit) == most for limit, most in opening.LIMITS.items())
    db.close()


# ---------------------------------------------------------------- topics
def test_topics_never_stand_deeper_than_a_file_may_have_them(open_studio, tmp_path):
    path = tmp_path / "a.synth"
    studio = open_studio(None, PLAIN, path=path)
    core = studio._core
    ids = [ROOT, *(f"t{level:09d}" for level in range(MOST_LEVELS + 1))]
    chain = [TopicAdded(Topic(ident, above, "x")) for above, ident in pairwise(ids)]
    core.act(lambda: core.store.commit(chain[:-1]))
    with pytest.raises(StudioError, match="more than 100 levels"):
        core.act(lambda: core.store.commit(chain[-1:]))
    studio.topics.add("Above")
    above = studio._state.find(("Above",))
    from synth_widgets.store.changes import topic_change

    with pytest.raises(StudioError, match="more than 100 levels"):
        core.act(lambda: core.store.commit([topic_change(studio._state.topics[ids[1]], parent=above.id)]))
    studio.close()
    with sw.Studio(path=path, model=ScriptedCompleter()) as again:
        assert len(again.topics) == MOST_LEVELS + 1
