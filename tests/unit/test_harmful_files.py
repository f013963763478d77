"""A file from elsewhere does no harm: it opens, or says that it is damaged; nothing else is touched, nothing is sent.

Each kind of `tests.harmful_files` is opened to be written and to be read, and used, in a process whose memory is
bounded; an honest file of the same size is the measure of time and memory.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from synth_widgets.store import wal
from tests.harmful_files import HARM, MAY_OPEN, OPENS

BATCHES = 2
CHILD = Path(__file__).with_name("harmful_opening.py")
ROOT = Path(__file__).parents[2]


@pytest.mark.skipif(sys.platform != "linux", reason="memory is bounded as Linux does it, and pipes and devices are its")
@pytest.mark.parametrize("batch", range(BATCHES))
def test_a_file_that_means_harm_opens_or_is_refused_and_nothing_else_is_touched(batch, tmp_path):
    kinds = sorted(HARM)[batch::BATCHES]
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", "tests.unit.harmful_opening", str(tmp_path), *kinds],
        cwd=ROOT, capture_output=True, text=True, timeout=250, check=False,
    )  # fmt: skip
    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.returncode == 0, (done.returncode, kinds[len(found)], done.stderr[-2000:])
    wrong = {each["kind"]: each["wrong"] for each in found if each["wrong"]}
    assert not wrong, json.dumps(wrong, indent=1)
    assert [each["kind"] for each in found] == kinds
    assert {each["kind"] for each in found if each["opened"]} - MAY_OPEN == OPENS & set(kinds)


DEEP = """
import sys
from pathlib import Path
import synth_widgets as sw
from synth_widgets.errors import FileError
from synth_widgets.testing import ScriptedCompleter
from tests.harmful_files import deep_tree, honest
path = Path(sys.argv[1])
honest(path)
deep_tree(path)
try:
    with sw.Studio(path=path, model=ScriptedCompleter()) as studio:
        studio.backup(path.with_name("copy.synth"))
except FileError as error:
    print(error)
print("alive")
"""


def test_a_tree_deeper_than_the_stack_ends_no_process(tmp_path):
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", DEEP, str(tmp_path / "a.synth")],
        cwd=ROOT, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.splitlines()[-1:]) == (0, ["alive"]), done.stderr[-2000:]


def test_a_hole_in_a_log_is_its_end(tmp_path):
    log = tmp_path / "a.synth-wal"
    log.write_bytes(bytes(10 * (24 + 512)))
    with log.open("rb") as file:
        assert not list(wal._frames(file, 512, bytes(8))), "each would look like a frame of a log whose salt is nothing"
