"""Builds studio files that mean harm, each from an honest one: what a folder from elsewhere may hold.

    honest(path); HARM["a trigger that lets verdicts vanish"](path)

Every kind is a function of the path of an honest file, alone in its folder. Beside that folder, in ``elsewhere``, lies
what must stay as it is. All of it is made here, and comes out the same each time.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sqlite3
import struct
from collections.abc import Callable, Iterator
from pathlib import Path

import synth_widgets as sw
from synth_widgets.errors import AccessError, RunStoppedError
from synth_widgets.testing import ScriptedCompleter
from tests.tasks import TRIAGE, failing

Harm = Callable[[Path], None]
HARM: dict[str, Harm] = {}
"""Every kind of harm, by what it is."""
PRECIOUS = "Dear diary.\n" * 100
OPENS = set[str]()
"""Kinds that are odd and do no harm: the file opens, with all that it holds."""
MAY_OPEN = set[str]()
"""Kinds that may only have changed a letter of a text."""


def harm(name: str, *, opens: bool = False) -> Callable[[Harm], Harm]:
    """Enter a kind under a name."""

    def enter(make: Harm) -> Harm:
        assert name not in HARM, name
        HARM[name] = make
        if opens:
            OPENS.add(name)
        return make

    return enter


def honest(path: Path) -> None:
    """Write a file with something in every table, and what is precious beside its folder."""
    faults = failing("outputs", AccessError("401"), first=6)
    with sw.Studio(TRIAGE, path=path, model=ScriptedCompleter(faults=faults, concurrency=1)) as studio:
        studio.set_guidance("Be kind.")
        studio.grow(topics=2, samples=2).wait(10)
        first, second, third, *_ = [sample.id for sample in studio.samples]
        studio.rate(first, 4)
        studio.tag(first, "hard")
        studio.keep(second)
        studio.edit(third, output={"kind": "?"})
        with contextlib.suppress(RunStoppedError):
            studio.grow(topics=2, samples=4).wait(10)


def elsewhere(path: Path) -> Path:
    """Return a precious file that lies outside of the file's folder."""
    folder = path.parent.parent / "elsewhere"
    folder.mkdir(exist_ok=True)
    precious = folder / "precious.txt"
    if not precious.exists():
        precious.write_text(PRECIOUS)
    return precious


@contextlib.contextmanager
def database(path: Path) -> Iterator[sqlite3.Connection]:
    """Change a file by SQL."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE").fetchone()
        db.execute("BEGIN")
        yield db
        db.execute("COMMIT")


def by_sql(name: str, *statements: str, opens: bool = False) -> None:
    """Enter a kind that is made by statements."""

    def make(path: Path) -> None:
        with database(path) as db:
            for statement in statements:
                db.execute(statement)

    make.__doc__ = f"Runs {statements[0][:60]} …"
    harm(name, opens=opens)(make)


def rewritten(path: Path, statement: str, *values: object) -> None:
    """Change the texts of the definitions, which SQLite checks only when it reads them again."""
    with database(path) as db:
        db.execute("PRAGMA writable_schema=ON")
        db.execute(statement, values)


def defined(table: str, old: str, new: str) -> Harm:
    """Return what writes another definition of a table."""

    def make(path: Path) -> None:
        rewritten(path, "UPDATE sqlite_master SET sql=replace(sql, ?, ?) WHERE name=?", old, new, table)

    make.__doc__ = f"Defines {table} with {new!r} for {old!r}."
    return make


def patched(path: Path, at: int, data: bytes) -> None:
    """Write bytes over a file."""
    with path.open("r+b") as file:
        file.seek(at)
        file.write(data)


# ---------------------------------------------------------------- names beside the file
NAMES = (".lock", "-wal", "-shm", "-journal", "-wal.untold")


def _beside(suffix: str, kind: str) -> Harm:
    def make(path: Path) -> None:
        name, precious = path.with_name(path.name + suffix), elsewhere(path)
        match kind:
            case "a link":
                name.symlink_to(precious)
            case "a link to nothing":
                name.symlink_to(precious.with_name("nothing-yet.txt"))
            case "a second name":
                os.link(precious, name)
            case "a pipe":
                os.mkfifo(name)
            case "a folder":
                name.mkdir()

    make.__doc__ = f"Puts {kind} under the name that ends in {suffix}."
    return make


for _suffix in NAMES:
    for _kind in ("a link", "a link to nothing", "a second name", "a pipe", "a folder"):
        harm(f"{_kind} for {_suffix}")(_beside(_suffix, _kind))


@harm("a foreign log whose place to be kept is a link", opens=True)
def _aside(path: Path) -> None:
    """Lets a log be set aside where a link to something precious stands."""
    path.with_name(path.name + "-wal").write_bytes(_log_of_another(path))
    path.with_name(path.name + "-wal.aside").symlink_to(elsewhere(path))


@harm("a link with the name of another file's log", opens=True)
def _fetched(path: Path) -> None:
    """Lets the search for a log that stayed behind meet a link, a pipe and a folder."""
    path.with_name("b.synth-wal").symlink_to(elsewhere(path))
    os.mkfifo(path.with_name("c.synth-wal"))
    path.with_name("d.synth-wal").mkdir()


@harm("a file of an earlier release whose copy's name is a link", opens=True)
def _kept(path: Path) -> None:
    """Lets the copy that is kept before a migration meet a link."""
    shutil.copy(Path(__file__).parent / "unit" / "files" / "format-1.synth", path)
    path.with_name("a.format-1.synth").symlink_to(elsewhere(path))


@harm("a journal that names a third file")
def _super_journal(path: Path) -> None:
    """SQLite removes the file that a journal names as the journal of a change to several files."""
    name = str(elsewhere(path)).encode()
    number = 0x40000000 // 4096 + 1
    end = struct.pack(">I", number) + name + struct.pack(">II", len(name), sum(name) & 0xFFFFFFFF) + _JOURNAL
    path.with_name(path.name + "-journal").write_bytes(_journal(path, _pages(path)[:1]) + end)


@harm("a journal that brings a trigger")
def _journal_of_trigger(path: Path) -> None:
    """The file is honest as it stands, and has a trigger once its journal is rolled back."""
    other = path.with_name("other")
    shutil.copy(path, other)
    with database(other) as db:
        db.execute("CREATE TRIGGER t BEFORE UPDATE ON samples BEGIN SELECT RAISE(IGNORE); END")
    journal = _journal(path, _pages(other))
    other.unlink()
    path.with_name(path.name + "-journal").write_bytes(journal)


@harm("a journal of zeros", opens=True)
def _cold_journal(path: Path) -> None:
    """A journal that is over, as some programs leave it."""
    path.with_name(path.name + "-journal").write_bytes(bytes(4096))


@harm("an honest journal", opens=True)
def _honest_journal(path: Path) -> None:
    """The half of a change that was killed is taken back."""
    path.with_name(path.name + "-journal").write_bytes(_journal(path, _pages(path)[:3]))


@harm("a pipe for the file itself")
def _pipe(path: Path) -> None:
    """A file that never answers."""
    path.unlink()
    os.mkfifo(path)


@harm("a device for the file itself")
def _device(path: Path) -> None:
    """A file without an end."""
    path.unlink()
    path.symlink_to("/dev/zero")


@harm("a link for the file itself", opens=True)
def _named(path: Path) -> None:
    """A person may name a file by a link."""
    target = elsewhere(path).with_name("a.synth")
    path.rename(target)
    path.symlink_to(target)


_JOURNAL = bytes.fromhex("d9d505f920a163d7")


def _pages(path: Path) -> list[bytes]:
    data = path.read_bytes()
    return [data[at : at + 4096] for at in range(0, len(data), 4096)]


def _journal(path: Path, pages: list[bytes]) -> bytes:
    """Return a rollback journal that brings the first pages of a file to these."""
    head = _JOURNAL + struct.pack(">5I", len(pages), 7, len(_pages(path)), 512, 4096)
    records = []
    for number, page in enumerate(pages, start=1):
        checksum = 7 + sum(page[at] for at in range(4096 - 200, 0, -200))
        records.append(struct.pack(">I", number) + page + struct.pack(">I", checksum & 0xFFFFFFFF))
    return head.ljust(512, b"\0") + b"".join(records)


# ---------------------------------------------------------------- SQL that acts
by_sql(
    "a trigger that lets verdicts vanish",
    "CREATE TRIGGER t BEFORE UPDATE ON samples BEGIN SELECT RAISE(IGNORE); END",
)
by_sql(
    "a trigger that changes what is kept",
    "CREATE TRIGGER t AFTER INSERT ON sessions BEGIN UPDATE versions SET output='{}'; END",
)
by_sql("a trigger with another table's name", "CREATE TRIGGER samples AFTER INSERT ON log BEGIN SELECT 1; END")
by_sql("a view", "CREATE VIEW v AS SELECT * FROM samples")
by_sql(
    "an endless view for a table",
    "DROP TABLE settings",
    "CREATE VIEW settings AS WITH RECURSIVE n(key) AS (SELECT 'a' UNION ALL SELECT key FROM n) "
    "SELECT key, 'null' AS value FROM n",
)
by_sql(
    "a view for the table that tells the revision",
    "DROP TABLE meta",
    "CREATE VIEW meta AS SELECT 'rev' AS key, '1' AS value",
)
by_sql(
    "a view of great texts for a table",
    "DROP TABLE settings",
    "CREATE VIEW settings AS SELECT 'a' AS key, hex(zeroblob(400000000)) AS value",
)
by_sql("an index over an expression", "CREATE INDEX i ON samples(lower(id))")
by_sql("an index that is not ours", "CREATE INDEX i ON samples(topic)")
by_sql("an index over a part", "CREATE INDEX i ON samples(topic) WHERE seq > 1")
by_sql("an index that holds each value once", "CREATE UNIQUE INDEX i ON calls(id, job)")
by_sql("our index over another column", "DROP INDEX log_of_group", "CREATE INDEX log_of_group ON log(rev)")
by_sql("a column that is computed", "ALTER TABLE samples ADD COLUMN more TEXT AS (hex(zeroblob(100000000)))")
by_sql("a column that refers to another table", "ALTER TABLE samples ADD COLUMN more TEXT REFERENCES topics(id)")
by_sql("a column with a check", "ALTER TABLE samples ADD COLUMN more TEXT CHECK (more IS NULL)")
by_sql("a column with another order", "ALTER TABLE samples ADD COLUMN more TEXT COLLATE NOCASE")
by_sql("a further plain column", "ALTER TABLE samples ADD COLUMN more TEXT DEFAULT 'x'", opens=True)
by_sql("a further plain table", "CREATE TABLE notes(id INTEGER PRIMARY KEY, note TEXT)", opens=True)
by_sql("statistics of SQLite", "ANALYZE", opens=True)
by_sql("no index", "DROP INDEX log_of_group", opens=True)
harm("a table with a check")(defined("samples", "created REAL", "created REAL CHECK (seq < 3)"))
harm("a table that refers to another one")(defined("samples", "topic TEXT", "topic TEXT REFERENCES topics(id)"))
harm("a table with another order")(defined("samples", "id TEXT PRIMARY KEY", "id TEXT COLLATE NOCASE PRIMARY KEY"))
harm("a table with a default that computes")(defined("samples", "reason TEXT", "reason TEXT DEFAULT (hex(9))"))
harm("a table with a computed column of ours")(defined("samples", "created REAL", "created REAL AS (1)"))
harm("a table with a column that ignores")(defined("jobs", "note TEXT", "note TEXT NOT NULL ON CONFLICT IGNORE"))
harm("a table whose types are strict")(defined("settings", "WITHOUT ROWID", "WITHOUT ROWID, STRICT"))
harm("a table with other types")(defined("samples", "stars INTEGER", "stars TEXT"))
harm("a definition of two megabytes")(defined("calls", "raw TEXT", f"raw TEXT DEFAULT '{'x' * 2_000_000}'"))
harm("a definition of a thousand parentheses")(
    defined("calls", "raw TEXT", f"raw TEXT DEFAULT {'(' * 1000}1{')' * 1000}")
)
harm("a definition with half a character")(
    lambda path: rewritten(path, "UPDATE sqlite_master SET sql=CAST(x'435245415445ff' AS TEXT) WHERE name='calls'")
)
harm("a table under another name in capitals")(
    lambda path: rewritten(
        path,
        "UPDATE sqlite_master SET name='Samples', tbl_name='Samples', "
        "sql=replace(replace(sql, 'TABLE samples', 'TABLE Samples'), 'stars INTEGER', 'stars TEXT COLLATE NOCASE') "
        "WHERE name='samples'",
    )
)
harm("two tables in one place")(
    lambda path: rewritten(
        path,
        "UPDATE sqlite_master SET rootpage=(SELECT rootpage FROM sqlite_master WHERE name='jobs') WHERE name='groups'",
    )
)
harm("a table outside of the file")(
    lambda path: rewritten(path, "UPDATE sqlite_master SET rootpage=100000 WHERE name='jobs'")
)
harm("a table in the place of the definitions")(
    lambda path: rewritten(path, "UPDATE sqlite_master SET rootpage=1 WHERE name='jobs'")
)
harm("a virtual table")(
    lambda path: rewritten(
        path,
        "INSERT INTO sqlite_master VALUES('table', 'v', 'v', 0, 'CREATE VIRTUAL TABLE v USING fts5(a)')",
    )
)
harm("a view that is called a table")(
    lambda path: rewritten(path, "INSERT INTO sqlite_master VALUES('table', 'v', 'v', 0, 'CREATE VIEW v AS SELECT 1')")
)
by_sql("a counter at its end", "UPDATE sqlite_sequence SET seq=9223372036854775807")
by_sql("a counter in words", "UPDATE sqlite_sequence SET seq='many'")


@harm("ten thousand tables")
def _many_tables(path: Path) -> None:
    """Definitions without an end."""
    with database(path) as db:
        db.execute("PRAGMA writable_schema=ON")
        for number in range(10_000):
            sql = f"CREATE TABLE t{number}(a)"
            db.execute("INSERT INTO sqlite_master VALUES('table', ?, ?, 2, ?)", (f"t{number}", f"t{number}", sql))


# ---------------------------------------------------------------- values that cannot be
DEEP = {
    "topics": "guidance", "samples": "tags", "versions": "output", "calls": "params", "sessions": "models",
    "jobs": "args", "settings": "value", "tasks": "task", "log": "entry",
}  # fmt: skip


def _nested(table: str, column: str, levels: int) -> Harm:
    def make(path: Path) -> None:
        with database(path) as db:
            db.execute(f"UPDATE {table} SET {column}=?", (f'{{"a":{"[" * levels}{"]" * levels}}}',))  # noqa: S608

    make.__doc__ = f"Nests {table}.{column} {levels} levels deep."
    return make


READ = 200
"""Levels that the reader of inputs and outputs takes; all that is done with them takes as many."""
for _table, _column in [*DEEP.items(), ("samples", "ratings"), ("samples", "unfinished"), ("versions", "input")]:
    for _levels in (70, READ - 10, 900, 100_000):
        harm(
            f"{_table}.{_column} nested {_levels} levels deep",
            opens=_table == "log" or (_table == "versions" and _levels < READ),
        )(_nested(_table, _column, _levels))
for _table, _column in {
    **DEEP, "topics": "name", "samples": "reason", "versions": "problem", "jobs": "note", "meta": "value",
}.items():  # fmt: skip
    by_sql(
        f"half a character in {_table}.{_column}",
        f"UPDATE {_table} SET {_column}=CAST(x'22ffc328' AS TEXT)",  # noqa: S608
        opens=_table == "log",
    )
    if _table not in {"meta", "log"}:
        by_sql(f"bytes in {_table}.{_column}", f"UPDATE {_table} SET {_column}=x'00ff'")  # noqa: S608
by_sql("three hundred million stars", "UPDATE samples SET stars=3e8")
by_sql("a number without an end", "UPDATE samples SET created=9e999")
by_sql("a number in words", "UPDATE calls SET cost='free'")
by_sql("more than all tokens", "UPDATE calls SET prompt_tokens=4611686018427387904")
by_sql("nothing for a name", "UPDATE topics SET name=NULL")
by_sql("a revision of another alphabet", "UPDATE meta SET value='٣' WHERE key='rev'")
by_sql("nothing for a revision", "UPDATE meta SET value=NULL")
by_sql(
    "a moment of many digits",
    """UPDATE meta SET value='["a",' || replace(hex(zeroblob(5000)), '0', '9') || ']' WHERE key='moment'""",
    opens=True,
)
by_sql("halves of characters, written out", """UPDATE versions SET input='"\\ud800 \\udfff"'""", opens=True)
by_sql(
    "a null character in a name", "UPDATE topics SET name='a' || char(0) || 'b' WHERE parent IS NOT NULL", opens=True
)
by_sql("a number of many digits", "UPDATE versions SET output=replace(hex(zeroblob(200000)), '0', '9')")
by_sql(
    "a number of many digits in arguments",
    """UPDATE jobs SET args='{"a": ' || replace(hex(zeroblob(200000)), '0', '9') || '}'""",
)
by_sql("no number", "UPDATE versions SET output='NaN'", opens=True)
by_sql("a number beyond all", "UPDATE versions SET output='1e999'", opens=True)


def _texts(table: str, column: str, text: str) -> Harm:
    def make(path: Path) -> None:
        with database(path) as db:
            at = f"rowid=(SELECT max(rowid) FROM {table})" if table not in {"settings", "versions"} else "1"  # noqa: S608
            db.execute(f"UPDATE {table} SET {column}=? WHERE {at}", (text,))  # noqa: S608

    make.__doc__ = f"Writes {len(text):,} characters into {table}.{column}."
    return make


harm("a name of a megabyte", opens=True)(_texts("topics", "name", "x" * 1_000_000))
harm("a hundred thousand tags", opens=True)(_texts("samples", "tags", json.dumps([f"t{n}" for n in range(100_000)])))
harm("a hundred thousand ratings", opens=True)(
    _texts("samples", "ratings", json.dumps({f"r{n}": 1 for n in range(100_000)}))
)
harm("a list of a hundred thousand lists")(_texts("settings", "value", f"[{','.join(['[]'] * 100_000)}]"))
harm("an unfinished edit of a hundred thousand fields", opens=True)(
    _texts("samples", "unfinished", json.dumps({"output": {f"f{n}": n for n in range(100_000)}}))
)


@harm("a sample of twenty thousand versions", opens=True)
def _versions(path: Path) -> None:
    """Many of one thing under one other."""
    with database(path) as db:
        [ident] = db.execute("SELECT id FROM samples LIMIT 1").fetchone()
        query = "INSERT INTO versions SELECT sample, ?, origin, input, output, reasoning, problem, raw, task_version, "
        query += "calls, created FROM versions WHERE sample=? AND n=0"
        db.executemany(query, [(n, ident) for n in range(100, 20_100)])


@harm("a version made by a hundred thousand calls", opens=True)
def _calls(path: Path) -> None:
    """A list of ids of calls that are not there."""
    with database(path) as db:
        db.execute("UPDATE versions SET calls=?", (" ".join(f"c{n}" for n in range(20_000)),))


def _chain(path: Path, levels: int, *, upwards: bool = False) -> None:
    with database(path) as db:
        ids = [f"t{n:09d}" for n in range(levels)]
        topics = list(zip(ids, ["0000000000", *ids[:-1]], strict=True))
        query = "INSERT INTO topics VALUES(?, ?, 'x', '{}', NULL, 0)"
        db.executemany(query, reversed(topics) if upwards else topics)


harm("topics twenty thousand levels deep")(lambda path: _chain(path, 20_000))
harm("topics twenty thousand levels deep, the deepest first")(lambda path: _chain(path, 20_000, upwards=True))
harm("topics a hundred and one levels deep")(lambda path: _chain(path, 101))
harm("topics a hundred levels deep", opens=True)(lambda path: _chain(path, 100))


@harm("twenty thousand topics of one name", opens=True)
def _siblings(path: Path) -> None:
    """Names that only one of the siblings can have."""
    with database(path) as db:
        topics = [(f"t{n:09d}",) for n in range(20_000)]
        db.executemany("INSERT INTO topics VALUES(?, '0000000000', 'x', '{}', NULL, 0)", topics)


@harm("topics in a circle")
def _circle(path: Path) -> None:
    """Ancestors without an end."""
    with database(path) as db:
        query = "INSERT INTO topics VALUES(?, ?, 'x', '{}', NULL, 0)"
        db.executemany(query, [(f"t{n:09d}", f"t{(n + 1) % 20_000:09d}") for n in range(20_000)])


@harm("twenty thousand steps that were undone", opens=True)
def _undone(path: Path) -> None:
    """Stacks of undo and redo that are long and in the wrong order."""
    with database(path) as db:
        steps = [(n, 30_000 - n, 30_000 - n if n % 2 else None) for n in range(1000, 21_000)]
        db.executemany("INSERT INTO groups VALUES(?, 'person', 'x', NULL, ?, ?, 0)", steps)


@harm("a step of twenty thousand entries about one field", opens=True)
def _entries(path: Path) -> None:
    """An undo that goes back and forth."""
    with database(path) as db:
        [group] = db.execute("SELECT max(id) FROM groups WHERE actor='person'").fetchone()
        [ident] = db.execute("SELECT id FROM samples LIMIT 1").fetchone()
        entry = json.dumps(["sample", ident, {"stars": 4}, {"stars": 4}])
        db.executemany("INSERT INTO log(rev, grp, at, entry) VALUES(1, ?, 1, ?)", [(group, entry)] * 20_000)


# ---------------------------------------------------------------- pages
def _root(path: Path, name: str) -> int:
    with contextlib.closing(sqlite3.connect(path)) as db:
        page: int = db.execute("SELECT rootpage FROM sqlite_master WHERE name=?", (name,)).fetchone()[0]
    return page


def _append(path: Path, pages: list[bytes]) -> None:
    """Append pages to a file, and count them in its head."""
    with path.open("ab") as file:
        file.write(b"".join(pages))
    patched(path, 28, struct.pack(">I", path.stat().st_size // 4096))


def _branches(child: int, count: int, kind: int = 0x05) -> bytes:
    """Return a page of a tree all of whose branches lead to one page."""
    cell = struct.pack(">I", child) + b"\x01"
    places = struct.pack(f">{count}H", *[4096 - 5 * (n + 1) for n in range(count)])
    head = struct.pack(">BHHHBI", kind, 0, count, 4096 - 5 * count, 0, child)
    return (head + places).ljust(4096 - 5 * count, b"\0") + cell * count


def _without_log(path: Path) -> None:
    """Write the pages of a file without a log, as `patched` needs it."""
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA journal_mode=DELETE").fetchone()


def _thicket(table: str, levels: int = 6) -> Harm:
    def make(path: Path) -> None:
        _without_log(path)
        root, pages = _root(path, table), _pages(path)
        leaf = pages[root - 1]
        first = len(pages) + 1
        layers = [_branches(first + n + 1, 400) for n in range(levels)]
        _append(path, [*layers, leaf])
        patched(path, (root - 1) * 4096, _branches(first, 400))

    make.__doc__ = f"Lets 400 branches lead to one page, on {levels} levels of the tree of {table}."
    return make


for _table in ("topics", "samples", "calls", "jobs", "groups", "sessions", "tasks"):
    harm(f"pages of {_table} that come back for ever")(_thicket(_table))


def _as_format_1(make: Harm) -> Harm:
    def older(path: Path) -> None:
        make(path)
        patched(path, 60, struct.pack(">I", 1))

    older.__doc__ = f"{make.__doc__} It says that an earlier release wrote it, so it is migrated."
    return older


for _table in ("topics", "sessions", "jobs"):
    harm(f"pages of {_table} that come back for ever, of an earlier format")(_as_format_1(_thicket(_table)))


@harm("a column that takes the place of the row's number, of an earlier format")
def _rowid_column(path: Path) -> None:
    """A migration that tells rows apart by it would change all of them for each of them."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE").fetchone()
        db.execute("ALTER TABLE topics ADD COLUMN rowid TEXT DEFAULT 'x'")
        db.execute("PRAGMA user_version=1")


@harm("a revision behind twenty zeros")
def _long_revision(path: Path) -> None:
    """A number that no column takes, so that nothing could ever be saved."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("UPDATE meta SET value=? WHERE key='rev'", ("0" * 20 + "9" * 22,))


@harm("half of a character in an output", opens=True)
def _half_character(path: Path) -> None:
    """An escape in JSON that is no text that could be sent."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("""UPDATE versions SET output='"\\ud800"' WHERE n=0""")


@harm("pages of the log's index that come back for ever", opens=True)
def _index_thicket(path: Path) -> None:
    """A search for the entries of a step that has no end."""
    _without_log(path)
    root, pages = _root(path, "log_of_group"), _pages(path)
    patched(path, (root - 1) * 4096, pages[root - 1])
    _thicket("log")(path)


@harm("definitions that come back for ever")
def _definitions_thicket(path: Path) -> None:
    """The first page of all leads to a page many times."""
    _without_log(path)
    first = _pages(path)[0]
    head, count = first[:100], 300
    _append(path, [bytes(100) + first[100:]])
    page = len(_pages(path))
    body = _branches(page, count)[: 4096 - 5 * count][:-100] + _branches(page, count)[4096 - 5 * count :]
    patched(path, 0, head[:28] + struct.pack(">I", page) + head[32:] + body)


def deep_tree(path: Path) -> None:
    """Give a table, and a log that makes it looked through, forty thousand levels: SQLite's check goes down by calls.

    Twenty megabytes, so that it is no kind among the small ones.
    """
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE").fetchone()
        db.execute("PRAGMA page_size=512")
        db.execute("VACUUM")
    root, data, levels = _root(path, "log"), bytearray(path.read_bytes()), 40_000
    first = len(data) // 512 + 1
    chain = b"".join(
        struct.pack(">BHHHBI", 5, 0, 0, 512, 0, first + level + 1).ljust(512, b"\0") for level in range(levels)
    )
    leaf = bytes(data[(root - 1) * 512 : root * 512])
    data[(root - 1) * 512 : root * 512] = struct.pack(">BHHHBI", 5, 0, 0, 512, 0, first).ljust(512, b"\0")
    data += chain + leaf
    data[28:32] = struct.pack(">I", len(data) // 512)
    path.write_bytes(data)
    page = bytes(data[:512])
    path.with_name(path.name + "-wal").write_bytes(_log(path, [(1, len(data) // 512, page)], 512))


@harm("a table that leads to itself")
def _loop(path: Path) -> None:
    """A page that is its own child."""
    _without_log(path)
    root = _root(path, "samples")
    patched(path, (root - 1) * 4096, _branches(root, 10))


@harm("texts that stand over one another")
def _overlapping(path: Path) -> None:
    """Pages of long texts that go round in a circle: each text is as long as the whole file."""
    with database(path) as db:
        for number in range(60):
            db.execute(
                "INSERT INTO samples SELECT 's' || ?, 1000 + ?, topic, session, source, status, ?, tags, split, NULL, "
                "ratings, current, NULL, 0, NULL, 0, created FROM samples WHERE seq=1",
                (number, number, f"<{number:03d}>" + "x" * 20_000),
            )
            db.execute(
                "INSERT INTO versions SELECT 's' || ?, n, origin, input, output, reasoning, problem, raw, "
                "task_version, calls, created FROM versions WHERE sample=(SELECT id FROM samples WHERE seq=1)",
                (number,),
            )
    data = bytearray(path.read_bytes())
    length, grown = 20_005, 245 * 4092  # by whole pages: what stands in the row's own page stays as long
    for number in range(60):
        at = data.index(f"<{number:03d}>xxx".encode())
        kind = data.rindex(_varint(length * 2 + 13), at - 200, at)
        data[kind : kind + 3] = _varint((length + grown) * 2 + 13)
        for start in range(kind - 60, kind):
            size, width = _read_varint(data, start)
            if width == 3 and length < size < length + 400:
                data[start : start + 3] = _varint(size + grown)
                break
        link = next(n for n in range(at, at + 4096) if data[n - 8 : n] == b"x" * 8 and data[n] == 0)
        chain = [struct.unpack_from(">I", data, link)[0]]
        while following := struct.unpack_from(">I", data, (chain[-1] - 1) * 4096)[0]:
            chain.append(following)
        struct.pack_into(">I", data, (chain[-1] - 1) * 4096, chain[0])
    path.write_bytes(data)


def _varint(value: int) -> bytes:
    return bytes([value >> 14 & 0x7F | 0x80, value >> 7 & 0x7F | 0x80, value & 0x7F])


def _read_varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for width in range(1, 10):
        byte = data[at + width - 1]
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, width
    return value, 9


@harm("a text that is said to be a gigabyte")
def _gigabyte(path: Path) -> None:
    """A length in a row's head that no file of this size can have."""
    _without_log(path)
    with database(path) as db:
        db.execute("UPDATE samples SET reason=?", ("y" * 20_000,))
    data = bytearray(path.read_bytes())
    old = _varint(20_000 * 2 + 13)
    data[data.index(old) : data.index(old) + 3] = b"\xff\xff\x7f"
    path.write_bytes(data)


@harm("a free list in a circle", opens=True)
def _free_list(path: Path) -> None:
    """Free pages that lead to one another."""
    with database(path) as db:
        db.execute("CREATE TABLE waste(a)")
        db.executemany("INSERT INTO waste VALUES(?)", [("x" * 4000,)] * 20)
    with database(path) as db:
        db.execute("DROP TABLE waste")
    first = struct.unpack(">I", path.read_bytes()[32:36])[0]
    patched(path, (first - 1) * 4096, struct.pack(">II", first, 0))


for _name, _at, _data in (
    ("a head with four billion pages", 28, b"\xff\xff\xff\xff"),
    ("a head with no pages", 28, b"\0\0\0\0"),
    ("a head with pages of no size", 16, b"\0\0"),
    ("a head with pages of three bytes", 16, b"\0\3"),
    ("a head with pages of 64 kB", 16, b"\0\1"),
    ("a head with nothing but reserved bytes", 20, b"\xff"),
    ("a head of a later SQLite", 18, b"\7\7"),
    ("a head in UTF-16", 56, b"\0\0\0\2"),
    ("a head in no encoding", 56, b"\0\0\0\7"),
    ("a head of a later release", 60, b"\0\0\0\x63"),
    ("a head of a release before the first", 60, b"\xff\xff\xff\xff"),
    ("a head of another program", 68, b"SPAM"),
    ("a head of a layout of no tables", 44, b"\0\0\0\x63"),
):

    def _head(path: Path, at: int = _at, data: bytes = _data) -> None:
        _without_log(path)
        patched(path, at, data)

    _head.__doc__ = f"Writes {_data!r} at {_at}."
    harm(_name, opens=_name == "a head with no pages")(_head)


@harm("pages of 512 bytes", opens=True)
def _small_pages(path: Path) -> None:
    """Another size of pages, as somebody who compacts a file may choose it."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=DELETE").fetchone()
        db.execute("PRAGMA page_size=512")
        db.execute("VACUUM")


for _share in (16, 99, 100, 512, 4096, 5000, 20_000):

    def _cut(path: Path, size: int = _share) -> None:
        os.truncate(path, size)

    _cut.__doc__ = f"Cuts the file after {_share} bytes."
    harm(f"cut after {_share} bytes")(_cut)

for _seed in range(12):

    def _flip(path: Path, seed: int = _seed) -> None:
        data, chance = bytearray(path.read_bytes()), random.Random(seed)
        for _ in range(20):
            data[chance.randrange(len(data))] ^= 1 << chance.randrange(8)
        path.write_bytes(data)

    _flip.__doc__ = f"Turns twenty bits, by the seed {_seed}."
    harm(f"twenty bits turned, {_seed}")(_flip)
    MAY_OPEN.add(f"twenty bits turned, {_seed}")


@harm("noise for a file")
def _noise(path: Path) -> None:
    """No database at all."""
    path.write_bytes(random.Random(7).randbytes(100_000))


# ---------------------------------------------------------------- logs
def _log(path: Path, frames: list[tuple[int, int, bytes]], size: int) -> bytes:
    """Return a write-ahead log with right checksums: page numbers, pages of the file after it, pages."""
    salt = b"saltsalt"
    head = struct.pack(">4I", 0x377F0683, 3007000, size, 0) + salt
    sums = _sums(head, (0, 0))
    parts = [head + struct.pack(">2I", *sums)]
    for number, after, page in frames:
        start = struct.pack(">2I", number, after)
        sums = _sums(start + page, sums)
        parts.append(start + salt + struct.pack(">2I", *sums) + page)
    return b"".join(parts)


def _sums(data: bytes, sums: tuple[int, int]) -> tuple[int, int]:
    first, second = sums
    for left, right in struct.iter_unpack(">2I", data):
        first = (first + left + second) & 0xFFFFFFFF
        second = (second + right + first) & 0xFFFFFFFF
    return first, second


def _log_of_another(path: Path) -> bytes:
    """Return the log of another studio file."""
    other = path.with_name("other.synth")
    shutil.copy(path, other)
    with contextlib.closing(sqlite3.connect(other, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL").fetchone()
        db.execute("""UPDATE meta SET value='["e1", 7, "e0", 6, 1, 1]' WHERE key='moment'""")
        db.execute("UPDATE meta SET value='7' WHERE key='rev'")
        log = other.with_name("other.synth-wal").read_bytes()
    for name in ("", "-wal", "-shm"):
        other.with_name(f"other.synth{name}").unlink(missing_ok=True)
    return log


def _with_log(path: Path, statement: str) -> None:
    """Leave a change in the file's own log, as a process that was killed leaves it."""
    other = path.with_name("other.synth")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
        db.execute("PRAGMA journal_mode=WAL").fetchone()
        db.execute("PRAGMA wal_autocheckpoint=0")
        db.execute("PRAGMA writable_schema=ON")
        db.execute(statement)
        log = path.with_name(path.name + "-wal").read_bytes()
        shutil.copy(path, other)
    other.replace(path)
    path.with_name(path.name + "-wal").write_bytes(log)


harm("a log that brings a trigger")(
    lambda path: _with_log(path, "CREATE TRIGGER t BEFORE UPDATE ON samples BEGIN SELECT RAISE(IGNORE); END")
)
harm("a log that brings a view")(lambda path: _with_log(path, "CREATE VIEW v AS SELECT 1"))
harm("a log that brings stars")(lambda path: _with_log(path, "UPDATE samples SET stars=3e8"))
harm("an honest log", opens=True)(lambda path: _with_log(path, "UPDATE samples SET stars=3"))


@harm("a log of noise", opens=True)
def _noisy_log(path: Path) -> None:
    """A log that says nothing."""
    path.with_name(path.name + "-wal").write_bytes(random.Random(9).randbytes(50_000))


@harm("a log after which there are two billion pages", opens=True)
def _endless_log(path: Path) -> None:
    """A commit that makes the file eight terabytes long."""
    _with_log(path, "UPDATE samples SET stars=3")
    page = _pages(path)[0]
    path.with_name(path.name + "-wal").write_bytes(_log(path, [(1, 2**31 - 1, page)], 4096))


@harm("a log of a thousand small changes", opens=True)
def _small_frames(path: Path) -> None:
    """Many changes of one page."""
    _with_log(path, "UPDATE samples SET stars=3")
    pages = _pages(path)
    path.with_name(path.name + "-wal").write_bytes(_log(path, [(1, len(pages), pages[0])] * 200, 4096))


@harm("a log whose pages hold one row thousands of times", opens=True)
def _bomb(path: Path) -> None:
    """Cells that all lead to one long text."""
    _with_log(path, "UPDATE samples SET stars=3")
    text = "x" * 30_000
    record = bytes([5]) + bytes([len("key") * 2 + 13]) + _varint(len(text) * 2 + 13) + b"key" + text.encode()
    cell = _varint(len(record)) + record
    start, count = 65_536 - len(cell), 15_000
    head = struct.pack(">BHHHB", 0x0A, 0, count, start, 0) + struct.pack(">H", start) * count
    page = head.ljust(start, b"\0") + cell
    frames = [(n, 0, page) for n in range(3, 13)]
    salt = b"saltsalt"
    parts = [struct.pack(">4I", 0x377F0683, 3007000, 65_536, 0) + salt + bytes(8)]
    parts += [struct.pack(">2I", number, after) + salt + bytes(8) + page for number, after, page in frames]
    path.with_name(path.name + "-wal").write_bytes(b"".join(parts))


@harm("a foreign log", opens=True)
def _foreign(path: Path) -> None:
    """The log of another file, that was put beside this one."""
    path.with_name(path.name + "-wal").write_bytes(_log_of_another(path))
