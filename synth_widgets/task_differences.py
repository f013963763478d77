"""What differs between two versions of a task, in words."""

from __future__ import annotations

from synth_widgets.schema.schema import Schema
from synth_widgets.task import Task
from synth_widgets.text.normal import same


def differences(old: Task, new: Task) -> list[str]:
    """Return what differs, each in a few words.

    >>> old = Task("Triage", "Sort the message.")
    >>> new = Task("Triage", "Sort it.", requirements=["Be brief."])
    >>> differences(old, new)
    ['instruction', '1 requirement added']
    """
    found = ["instruction"] if old.instruction != new.instruction else []
    before, after = {r.text: r for r in old.requirements}, {r.text: r for r in new.requirements}
    added, gone = len(after.keys() - before.keys()), len(before.keys() - after.keys())
    found += [f"{n} requirement{'s' if n > 1 else ''} {what}" for n, what in ((added, "added"), (gone, "removed")) if n]
    if not added and not gone and old.requirements != new.requirements:
        found.append("requirements")
    found += _of_schema("input", old.input, new.input) + _of_schema("output", old.output, new.output)
    return found + ([] if same(old.examples, new.examples) else ["examples"])


def _of_schema(part: str, old: Schema | None, new: Schema | None) -> list[str]:
    if old == new:
        return []
    if old is None or new is None:
        return [f"{part} is plain text now" if new is None else f"{part} has a schema now"]
    if same(old.json, new.json):
        return [f"{part} formats as {'a class reads them' if new.of_class else 'the standard has them'}"]
    before, after = old.properties(), new.properties()
    found = [f"{part}.{name} added" for name in after if name not in before]
    found += [f"{part}.{name} removed" for name in before if name not in after]
    found += [f"{part}.{name} changed" for name in after if name in before and not same(before[name], after[name])]
    return found or [f"{part} schema"]
