"""The samples as a pandas DataFrame."""

from __future__ import annotations

from collections import Counter
from collections.abc import Container, Iterable, Mapping, Sequence
from itertools import chain
from math import isnan, nan
from typing import TYPE_CHECKING, Any

from synth_widgets.collector import collector_off
from synth_widgets.errors import warn
from synth_widgets.records import Json, Sample, Version
from synth_widgets.schema.schema import Schema
from synth_widgets.store.state import State
from synth_widgets.task import Task
from synth_widgets.text.normal import copied

if TYPE_CHECKING:
    import pandas as pd

_EXACT = 2**53
"""Up to here each whole number is a double."""
_DTYPES = {"integer": "Int64", "number": "float64", "boolean": "boolean", "string": "str"}
_KINDS: dict[str, set[type]] = {"integer": {int, float}, "number": {int, float}, "boolean": {bool}, "string": {str}}


def extra_of(declared: Container[str]) -> str:
    """Name the column that takes keys which the schema does not declare; a field may have that name, too.

    >>> extra_of({"a"}), extra_of({"*extra"})
    ('*extra', '**extra')
    """
    name = "*extra"
    while name in declared:
        name = f"*{name}"
    return name


def frame(state: State, task: Task, samples: Sequence[Sample], *, flatten: bool = True) -> pd.DataFrame:
    """Build the frame: one row a sample, the id as index, the same columns and dtypes for no rows at all."""
    with collector_off(stays=True):
        return _frame(state, task, samples, flatten=flatten)


def _frame(state: State, task: Task, samples: Sequence[Sample], *, flatten: bool) -> pd.DataFrame:
    import pandas as pd

    from synth_widgets.exchange.sample_frame import SampleFrame  # which is a class of pandas

    versions = [s.version for s in samples]
    paths = {topic: state.path(topic) for topic in {s.topic for s in samples}}
    costs, tokens, models = _told_by_calls(state, samples, versions)
    columns: dict[str, Any] = {"topic": _cells([paths[s.topic] for s in samples])}
    for part, schema, values in (
        ("input", task.input, [v.input for v in versions]),
        ("output", task.output, [v.output for v in versions]),
    ):
        columns |= _columns(part, schema if flatten else None, values, text=schema is None)
    columns |= {
        "status": _series([s.status for s in samples], "str"),
        "stars": _series([s.stars for s in samples], "Int64"),
        "tags": _cells([s.tags for s in samples]),
        "split": _series([s.split for s in samples], "str"),
        "session": _series([s.session or None for s in samples], "str"),
        "model": _series(models, "str"),
        "created": _times([s.created for s in samples]),
        "cost": _series(costs, "float64"),
        "tokens": _series(tokens, "Int64"),
    }
    result = SampleFrame(columns)
    result.index = pd.Index([s.id for s in samples], dtype="str", name="id")
    result.attrs = {
        "task": task.name,
        "input_schema": task.input.json if task.input else None,
        "output_schema": task.output.json if task.output else None,
    }
    return result


def warn_when_empty(
    state: State, samples: Sequence[Sample], status: str | Iterable[str], what: str = "frame", method: str = "to_pandas"
) -> None:
    """Warn when nothing is kept yet although there are samples."""
    if samples or status != "kept":
        return
    total = len(state.visible_samples())
    if not total:
        warn(f"There are no samples yet, so the {what} is empty. studio.grow() makes some.")
        return
    kept = sum(s.status == "kept" for s in state.visible_samples())
    warn(
        f"{kept} of {total} kept"
        + (
            ": the filters leave none of them."
            if kept
            else f", so the {what} is empty. Keep samples in the widget (A), with studio.keep(ids), or ask for "
            f"{method}(status='all')."
        )
    )


def warn_of_older_tasks(state: State, task: Task, samples: Sequence[Sample]) -> None:
    """Warn of samples that were made for an older version of the task and do not comply with this one."""
    newest = len(state.tasks)
    older = [s for s in samples if s.status == "kept" and s.version.task_version != newest]
    lost = [s for s in older if task.input_problem(s.input) or task.output_problem(s.output)]
    if lost:
        warn(
            f"{len(lost)} of the {len(samples)} samples were kept under an older version of the task and do not comply "
            f"with this one, such as {lost[0].id!r}. studio.reject(ids) takes them out."
        )


def _columns(part: str, schema: Schema | None, values: list[Json], *, text: bool) -> dict[str, Any]:
    declared = schema.properties() if schema is not None else {}
    if schema is None or not declared:
        return {part: _of_kind(values, "string") if text else _objects(values)}
    records = [value if isinstance(value, dict) else {} for value in values]
    columns = {
        f"{part}.{name}": _typed([record.get(name) for record in records], node) for name, node in declared.items()
    }
    if not set().union(*records) <= declared.keys():
        extras = [{k: v for k, v in record.items() if k not in declared} or None for record in records]
        columns[f"{part}.{extra_of(declared)}"] = _objects(extras)
    return columns


def _typed(values: list[Json], node: Mapping[str, Any]) -> Any:
    kind = node.get("type")
    options = node.get("enum")
    if kind is None and isinstance(options, list) and all(isinstance(v, str) for v in options):
        kind = "string"
    if kind == "number" and any(isinstance(v, int) and abs(v) > _EXACT for v in values):
        return _objects(values)  # a double could be another number
    return _of_kind(values, kind) if isinstance(kind, str) and kind in _DTYPES else _objects(values)


def _of_kind(values: list[Json], kind: str) -> Any:
    """Return a column of a type of the schema; of objects where a sample of an older task version has another one.

    pandas would make a text of a number, and take 1 for true.
    """
    is_exact = set(map(type, values)) <= _KINDS[kind] | {type(None)}
    return _series(values, _DTYPES[kind]) if is_exact else _objects(values)


def _series(values: list[Any], dtype: str) -> Any:
    import numpy as np
    import pandas as pd

    try:
        with np.errstate(invalid="ignore"):  # a number beyond the type is told by an error, not by a warning
            return pd.Series(values, dtype=dtype)
    except (TypeError, ValueError, OverflowError):  # 1.5 where whole numbers are wanted, or more digits than fit
        return _objects(values)


def _objects(values: list[Any]) -> Any:
    """Return a column of JSON values that is the caller's own."""
    return _cells([copied(value) for value in values])


def _cells(values: list[Any]) -> Any:
    """Return a column that holds each value as it is: a Series made of tuples or dicts would take them apart."""
    import numpy as np
    import pandas as pd

    return pd.Series(np.fromiter(values, dtype=object, count=len(values)), dtype="object")


def _times(seconds: list[float]) -> Any:
    """Return a column of times, in UTC, to the microsecond."""
    import numpy as np
    import pandas as pd

    microseconds = np.round(np.array(seconds, dtype="float64") * 1e6).astype("int64")
    return pd.Series(pd.DatetimeIndex(microseconds.astype("datetime64[us]"), tz="UTC"))


def _told_by_calls(
    state: State, samples: Sequence[Sample], versions: Sequence[Version]
) -> tuple[list[float], list[int | None], list[str | None]]:
    """Return each sample's share of the cost and of the tokens, and which model made its current version.

    A call counts once, and equal parts of it for each version that it made. NaN and ``None`` stand where the cost and
    the tokens of a call are not known.
    """
    made = Counter(chain.from_iterable([v.calls for s in tuple(state.samples.values()) for v in s.versions]))
    parts: dict[str, tuple[float, float, str]] = {}
    for ident, times in made.items():
        if (call := state.calls.get(ident)) is not None:
            tokens = call.usage.total / times if call.usage.prompt_tokens else nan
            parts[ident] = (nan if call.cost is None else call.cost / times, tokens, call.model)
    nothing = (0.0, 0.0, None)
    costs: list[float] = []
    counts: list[int | None] = []
    for sample in samples:
        cost = used = 0.0  # a sum of which one part is NaN is NaN
        for version in sample.versions:
            for ident in version.calls:
                dollars, tokens, _ = parts.get(ident, nothing)
                cost += dollars
                used += tokens
        costs.append(cost)
        counts.append(None if isnan(used) else round(used))
    return costs, counts, [parts.get(v.calls[-1], nothing)[2] if v.calls else None for v in versions]
