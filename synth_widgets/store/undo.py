"""Undo and redo: a group's log entries, taken back or done again, each field only as far as it still holds.

Taking back is guarded: only fields that still hold what the change wrote are restored, so that nothing that came later
is lost; the rest is reported.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from synth_widgets.records import Json, Sample, Topic
from synth_widgets.sample_status import Event, status_after
from synth_widgets.store.changes import Change, SampleChanged, SettingChanged, TopicChanged, plain
from synth_widgets.store.columns import damaged
from synth_widgets.store.state import State
from synth_widgets.task import normalised_name
from synth_widgets.text.normal import same


@dataclass(frozen=True, slots=True)
class Reversal:
    """The changes that take a group back or bring it again, and what had to be left as it is."""

    changes: tuple[Change, ...]
    skipped: tuple[str, ...] = field(default=())


def by_record(entries: list[list[Json]]) -> list[list[list[Json]]]:
    """Return log entries by the record that they are about, each record where it comes first."""
    found: dict[tuple[str, str], list[list[Json]]] = {}
    for entry in entries:
        found.setdefault((entry[0], entry[1]), []).append(entry)
    return list(found.values())


def reverse(entries: list[list[Json]], state: State) -> Reversal:
    """Take a group's log entries back, newest first, as far as the state still holds what they wrote."""
    return _replay([(k, i, after, before) for k, i, before, after in reversed(entries)], state)


def repeat(entries: list[list[Json]], state: State) -> Reversal:
    """Make a group's log entries again, oldest first, as far as the state still holds what they met."""
    return _replay([(k, i, before, after) for k, i, before, after in entries], state)


def _replay(steps: list[tuple[str, str, dict[str, Json], dict[str, Json]]], state: State) -> Reversal:
    """Turn steps into one change per record, each field only as far as the chain of values is unbroken."""
    now: dict[tuple[str, str], dict[str, Json]] = {}
    first: dict[tuple[str, str], dict[str, Json]] = {}
    skipped: list[str] = []
    for kind, ident, expected, wanted in steps:
        current = now.setdefault((kind, ident), {})
        for name, value in wanted.items():
            value_now = current[name] if name in current else _held(state, kind, ident, name)
            if not same(plain(value_now), plain(expected[name])):
                skipped.append(f"{ident}.{name}")
                continue
            first.setdefault((kind, ident), {}).setdefault(name, value_now)
            current[name] = value
    changes: list[Change] = []
    settled: dict[str, Topic] = {}
    places: dict[tuple[str, str], str] = {}
    for (kind, ident), reached in now.items():
        held = first.get((kind, ident), {})
        fields = {k: v for k, v in reached.items() if not same(plain(held[k]), plain(v))}
        before = {k: held[k] for k in fields}
        if not fields:
            continue
        _check_references(state, kind, ident, fields)
        if kind == SampleChanged.kind:
            fields = _settled(state.samples[ident], fields)
            before = {k: getattr(state.samples[ident], k) for k in fields}
            changes.append(SampleChanged(ident, before, fields))
        elif kind == TopicChanged.kind:
            topic = replace(state.topics[ident], **fields)
            place = (topic.parent or "", normalised_name(topic.name))
            if obstacle := _obstacle(state, topic, settled, [*state.named.get(place, ()), places.get(place, ident)]):
                skipped.append(obstacle)
            else:
                settled[ident] = topic
                places[place] = ident
                changes.append(TopicChanged(ident, before, fields))
        else:
            changes.append(SettingChanged(ident, before["value"], fields["value"]))
    return Reversal(tuple(changes), tuple(dict.fromkeys(skipped)))


def _settled(sample: Sample, fields: dict[str, Json]) -> dict[str, Json]:
    """Return fields in which the status fits the version that comes with it.

    The one may be taken back and the other not, where something came between: then no sample waits for an output that
    it has, and none stands without one, or with one that does not comply.
    """
    after = replace(sample, **{k: v for k, v in fields.items() if k in {"status", "current"}})
    standing = status_after(Event.UNDONE, after, after.version)
    return fields if standing["status"] == after.status else {**fields, **standing}


def _obstacle(state: State, topic: Topic, settled: Mapping[str, Topic], same: list[str]) -> str | None:
    """Say why a topic cannot be what it was: its name is taken, or it would lie inside itself; else ``None``.

    ``settled``: topics that are settled before it, as they will be by then; ``same``: those that may be in its place.
    """
    if topic.removed or topic.parent is None:
        return None
    above: str | None = topic.parent
    while above is not None:
        if above == topic.id:
            return f"{topic.name} (it would lie inside itself)"
        above = (settled.get(above) or state.topics[above]).parent
    place = (topic.parent, normalised_name(topic.name))
    others = [settled.get(ident) or state.topics[ident] for ident in same if ident != topic.id]
    is_taken = any((o.parent, normalised_name(o.name)) == place for o in others if not o.removed)
    return f"{topic.name} (the name is taken)" if is_taken else None


def _held(state: State, kind: str, ident: str, name: str) -> Json:
    if kind == SettingChanged.kind:
        return state.settings.get(ident)
    record = state.samples.get(ident) if kind == SampleChanged.kind else state.topics.get(ident)
    if record is None:
        raise damaged("log", ident, f"there is no such {kind}")
    return getattr(record, name)


def _check_references(state: State, kind: str, ident: str, fields: Mapping[str, Json]) -> None:
    """Raise where the fields that a log brings back name what is not there."""
    for name, value in fields.items():
        is_version = kind == SampleChanged.kind and name in {"current", "proposal"} and value is not None
        if is_version and state.samples[ident].version_of(value) is None:
            raise damaged("log", ident, f"there is no version {value} of it")
        if name in {"topic", "parent"} and value is not None and value not in state.topics:
            raise damaged("log", ident, f"there is no topic {value!r}")
