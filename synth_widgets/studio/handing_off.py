"""The part of a studio that gives data away and takes it in: exports, own rows, frames edited with pandas."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal

from synth_widgets.arguments import path_of, tags_of
from synth_widgets.collector import collector_off
from synth_widgets.curation.verdicts import find
from synth_widgets.errors import OwnCodeError, StudioError, nearest, suggesting, warn
from synth_widgets.records import ROOT, Sample
from synth_widgets.store.changes import Change
from synth_widgets.store.journal import now
from synth_widgets.studio.core import Core
from synth_widgets.studio.selecting import selection

if TYPE_CHECKING:
    import pandas as pd

    from synth_widgets.exchange.columns import Spec
    from synth_widgets.exchange.formats import FormatName

GIVEN: tuple[Literal["draft", "kept", "pending"], ...] = ("draft", "kept", "pending")
"""The statuses that own rows may be given."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of own rows.

    Attributes:
        added: rows that comply: drafts or kept ones, and pending ones where there was no output.
        failed: rows that do not; they are failed samples, and ``reasons`` says why by id.
        repeats: rows among them whose input was there before, in the studio or further up. They are added all the same.
        ids: the new samples, in the order of the rows.
    """

    added: int
    failed: int
    repeats: int
    ids: list[str] = field(repr=False)
    reasons: dict[str, str] = field(repr=False)


class HandingOff:
    """The methods of `Studio` that give data away and take it in, on the core that it shares."""

    _core: Core

    def _check_open(self) -> None:
        raise NotImplementedError

    @suggesting
    def to_pandas(
        self,
        status: str | Iterable[str] = "kept",
        *,
        session: str | None = None,
        topic: Any = None,
        tags: str | Iterable[str] | None = None,
        split: str | None = None,
        min_stars: int | None = None,
        flatten: bool = True,
    ) -> pd.DataFrame:
        """Return samples as a DataFrame, by default the kept ones.

        Args:
            status: one status, several, or ``"all"``.
            session: id or tag of a session.
            topic: path; samples at and below it.
            tags: tags that a sample must all have.
            split: name of a split.
            min_stars: fewest stars.
            flatten: give each declared field a column of its own (``output.category``).

        Returns:
            One row a sample with ``id`` as index and the columns ``topic`` (tuple), ``input…``, ``output…``,
            ``status``, ``stars``, ``tags``, ``split``, ``session``, ``model``, ``created`` (UTC), ``cost`` (US
            dollars, missing where unknown) and ``tokens``.
        """
        from synth_widgets.exchange import frames

        state, task = self._core.state, self._core.task
        moment = f"{self._core.store.epoch}-{state.rev}"
        chosen = selection(
            state, status=status, session=session, topic=topic, tags=tags, split=split, min_stars=min_stars
        )()
        frames.warn_when_empty(state, chosen, status)
        frames.warn_of_older_tasks(state, task, chosen)
        self._core.frame_history.remember(moment, chosen)
        frame = frames.frame(state, task, chosen, flatten=flatten)
        frame.attrs["taken"] = moment
        return frame

    @suggesting
    def export(
        self,
        path: str | os.PathLike[str],
        *,
        format: FormatName | None = None,
        status: str | Iterable[str] = "kept",
        session: str | None = None,
        topic: Any = None,
        tags: str | Iterable[str] | None = None,
        split: str | None = None,
        min_stars: int | None = None,
        replace: bool | None = None,
    ) -> str:
        """Write samples to a file, by default the kept ones; what stood under its name is replaced.

        ``.jsonl`` is chat fine-tuning data as OpenAI and most trainers read it: a line a sample with the messages of
        ``task.messages(input)`` and the output as the assistant's; samples without an output are left out. ``.csv``
        and ``.parquet`` have the columns of `to_pandas`; lists and objects are JSON text, except that Parquet keeps
        topic and tags as lists. Values are written as they are: a CSV file is for programs, so import it into a
        spreadsheet with its columns set to text, lest a text that begins with ``=`` runs as a formula. To read CSV
        back to the letter: ``pd.read_csv(path, index_col="id", dtype=str, keep_default_na=False)``; a missing text
        then comes back as an empty one, and pandas before 3.1 reads a text up to its first NUL character. Parquet,
        read with ``pd.read_parquet(path)``, keeps everything.

        Args:
            path: the file; ``~`` is your home folder. It is there whole or not at all.
            format: ``chat``, ``csv`` or ``parquet``, where the ending does not say.
            status: one status, several, or ``"all"``.
            session: id or tag of a session.
            topic: path; samples at and below it.
            tags: tags that a sample must all have.
            split: name of a split.
            min_stars: fewest stars.
            replace: whether what stands under the name may be replaced. Left out, Python replaces it, and the widget
                asks before it does.

        Returns:
            The absolute path. When nothing is selected, a warning, and a file without samples.

        Raises:
            FileError: the place cannot be written, holds a studio file, or something that must not be replaced.
            StudioError: the format is not known, or pyarrow is missing.

        >>> import pathlib, synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> _ = studio.add_samples([{"input": "I am Ada.", "output": "Hello, Ada!"}], status="kept")
        >>> print(pathlib.Path(studio.export("train.jsonl")).read_text())
        {"messages": [{"role": "system", "content": "Greet."}, {"role": "user", "content": "I am Ada."}, ...]}
        <BLANKLINE>
        >>> studio.close()
        """
        from synth_widgets.exchange import files, formats, frames

        by_person = not self._core.engine.is_current  # else the widget asks
        target = files.target_of(path, follows=by_person)
        if not (by_person if replace is None else replace):
            files.check_free(target)
        file_format = formats.format_of(target, format)
        state, task = self._core.state, self._core.task
        chosen = selection(
            state, status=status, session=session, topic=topic, tags=tags, split=split, min_stars=min_stars
        )

        def write(samples: list[Sample]) -> str:
            if file_format.needs_output:
                samples = [sample for sample in samples if sample.output is not None]
            files.write_whole(target, lambda file: file_format.write(state, task, samples, file), follows=by_person)
            return str(target)

        if not by_person:  # a worker writes, and warns nobody
            return self._core.apart(lambda: write(chosen()))
        samples = chosen()
        frames.warn_when_empty(state, samples, status, "file", "export")
        frames.warn_of_older_tasks(state, task, samples)
        without = sum(s.output is None for s in samples) if file_format.needs_output else 0
        if without:
            warn(f"{without} of {len(samples)} samples have no output and are left out.")
        return write(samples)

    @suggesting
    def add_samples(
        self,
        data: Any,
        *,
        input: Spec = None,
        output: Spec = None,
        topic: Any = None,
        status: Literal["draft", "kept", "pending"] = "draft",
        tags: str | Iterable[str] = (),
    ) -> Added:
        """Add your own rows as samples, in one step that undo takes back.

        Each row is checked against the task's schemas. One that does not comply becomes a failed sample with its
        reason, and its values wait there as an unfinished edit: nothing is lost, and nothing invalid is kept. A
        row without an output becomes a pending sample.

        Args:
            data: a DataFrame, a table of polars, Arrow, DuckDB or Hugging Face's datasets, or a list of dicts.
            input: the column that holds it, the columns that hold its fields, or a dict of fields and their columns.
                By default ``input`` or ``input.<field>`` …, as `to_pandas` names them. A column may be named by a
                number (``read_csv(header=None)``), or by a tuple where there are several header rows.
            output: the same for the output: ``output={"category": "label"}``.
            topic: the path for all rows. Without one, each row's ``topic`` column, a path or one name; topics that
                are not there are made. The text ``('Billing', 'Refunds')``, as CSV and spreadsheets have it, is a path.
            status: ``draft``, ``kept``, or ``pending`` for inputs whose outputs are to be generated.
            tags: for all rows, beside those of a ``tags`` column. Columns ``stars`` and ``split`` are taken too,
                unless ``input`` or ``output`` names them.

        Returns:
            How many were added and how many failed, with ids and reasons.

        Raises:
            StudioError: columns are not there, or a topic, tag or star is none; nothing was added.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> rows = [{"text": "I am Ada.", "answer": "Hello, Ada!"}, {"text": "", "answer": "Hello!"}]
        >>> done = studio.add_samples(rows, input="text", output="answer", topic="Introductions")
        >>> done
        Added(added=1, failed=1, repeats=0)
        >>> list(done.reasons.values())
        ['input: it is missing']
        >>> studio.close()
        """
        from synth_widgets.exchange import columns, formats, own_samples

        self._check_open()
        if status not in GIVEN:
            raise StudioError(f"status={status!r} must be one of {', '.join(GIVEN)}.{nearest(str(status), GIVEN)}")
        core = self._core
        core.store.check_writable()
        task = core.task
        rows = formats.rows_of(data)
        for name, value in (("topic", topic), ("tags", tags)):
            if isinstance(value, str) and value in rows.columns:
                raise columns.of_each_row(name, value)
        state = core.state
        input_columns = columns.columns_of("input", input, task.input, rows.columns)
        output_columns = columns.columns_of("output", output, task.output, rows.columns)
        if input_columns is None:
            if not rows.rows:
                return Added(0, 0, 0, [], {})
            raise columns.no_input(task.input, rows.columns)
        reader = own_samples.Reader(
            task, len(core.state.tasks), input_columns, output_columns, status,
            None if topic is None else path_of(topic), tags_of(tags) if tags else (), now(),
            lambda name: state.child(ROOT, name) is not None,
        )  # fmt: skip
        with collector_off(stays=True):
            samples = reader.read(rows)
        if status == "pending" and (full := sum(s.output is not None for _, s in samples)):
            raise StudioError(
                f"status='pending' means that there is no output yet, but {full} of {len(samples)} rows have one. "
                "Leave status out to add them as drafts, or drop the output columns."
            )
        repeats = own_samples.repeats(state, [s for _, s in samples])
        reasons = {s.id: s.reason or "" for _, s in samples if s.status == "failed"}
        added = Added(len(samples) - len(reasons), len(reasons), repeats, [s.id for _, s in samples], reasons)
        label = f"Add {len(samples):,} samples" if len(samples) > 1 else "Add a sample"

        async def act() -> Added:
            await core.actions.carry_out(samples, lambda part: own_samples.placed(core.state, part), lambda: label)
            return added

        return core.act(act)

    def update(self, df: pd.DataFrame | pd.Series[Any] | Any) -> dict[str, str]:
        """Take back a frame of `to_pandas` that was edited with pandas, in one step that undo takes back.

        What differs from the frame as it was taken is done, and nothing else: rows and columns that are gone, or were
        not changed, leave their samples as they are, also where something happened to them since. (When a frame was
        taken stands in its ``attrs``. Where they are lost, as in a table read from CSV, or in another process, what
        differs from the studio now is done.)

        * ``input…`` and ``output…`` become edits, as `edit` makes them: a new input makes the sample a draft.
        * ``status`` to ``kept``, ``rejected`` or ``draft`` keeps, rejects or takes the verdict back.
        * ``stars``, ``tags``, ``split`` and ``topic`` become the sample's; a topic that is not there is made.
        * ``session, model, created, cost, tokens`` tell where a sample came from and are not taken back; columns of
          your own are passed over.

        Files and other libraries change cells by themselves: in CSV and in a spreadsheet a path is the text
        ``('Billing', 'Refunds')`` and ``007`` the number 7, in Parquet all objects have all fields. What they may have
        made of a cell is no edit; where a person may have done the same, a warning says so.

        Args:
            df: the frame, with any rows and columns left out, whether it was flattened or not; one row of it; or what
                came of it in a file or another library, with the ids in the index or in the column ``id``.

        Returns:
            Why a row's edit is unfinished or a sample could not be kept, by id; empty when all was done.

        Raises:
            UnknownIdError: an id is not there; nothing was changed.
            StudioError: it is no frame of `to_pandas`, or a cell of ``topic, status, stars, tags, split`` cannot be, or
                may be two things, such as the path ``('a', 'b')`` and a topic of that name; nothing was changed.

        >>> import synth_widgets as sw
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = sw.Studio(sw.Task("Greeter", "Greet."), path=":memory:", model=ScriptedCompleter())
        >>> _ = studio.add_samples([{"input": "I am Ada.", "output": "hello, Ada!"}])
        >>> df = studio.to_pandas("all")
        >>> df["output"] = df["output"].str.capitalize()
        >>> df["status"] = "kept"
        >>> studio.update(df)
        {}
        >>> studio.samples[0]
        <Sample ... kept: "I am Ada." -> "Hello, ada!">
        >>> studio.close()
        """
        from synth_widgets.exchange import edited_frames, frame_updates

        self._check_open()
        core = self._core
        core.store.check_writable()
        task = core.task
        version = len(core.state.tasks)
        back = edited_frames.edited_frame(df, task)
        samples = find(core.state, back.ids)
        taken = core.frame_history.at(back.moment)
        edits = edited_frames.edits_of(back, core.state, task, [taken.get(s.id, s) for s in samples])
        if back.moment is not None and not taken and edits:
            warn(
                "This frame is from another process, or older than those that are remembered: what differs from the "
                f"studio now ({len(edits):,} samples) is done, also where the studio changed since. "
                "studio.undo() takes it back."
            )
        created = now()

        def worked_out(edit: edited_frames.RowEdit) -> frame_updates.Outcome:
            """Runs the person's validators: not on the engine's thread."""
            sample = core.state.samples[edit.id]
            return frame_updates.outcome_of(sample, edit, task, task_version=version, created=created)

        with collector_off(stays=True):
            outcomes = {edit.id: worked_out(edit) for edit in edits}
        reasons: dict[str, str] = {}

        async def prefetch(part: Sequence[edited_frames.RowEdit]) -> None:
            while late := [w for w in part if core.state.samples[w.id] is not outcomes[w.id].sample]:
                for edit, outcome in zip(late, await core.own_code.each(worked_out, late), strict=True):
                    if isinstance(outcome, OwnCodeError):
                        raise outcome  # what is done so far is one step to undo
                    outcomes[edit.id] = outcome

        def changes_of(part: Sequence[edited_frames.RowEdit]) -> list[Change]:
            state = core.state
            visible = [outcomes[w.id] for w in part if state.is_visible(state.samples[w.id])]
            reasons.update({o.sample.id: o.reason for o in visible if o.reason is not None})
            return frame_updates.changes_of(visible, state)

        def check(part: Sequence[edited_frames.RowEdit]) -> None:
            find(core.state, [edit.id for edit in part])

        label = f"Update {len(edits):,}"

        async def act() -> dict[str, str]:
            await core.actions.carry_out(edits, changes_of, lambda: label, check=check, prefetch=prefetch)
            return reasons

        return core.act(act)
