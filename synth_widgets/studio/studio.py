"""The handle that a person holds. Every button of the widget has its method here."""

from __future__ import annotations

import weakref
from collections.abc import Iterable, Mapping
from contextlib import suppress
from pathlib import Path as FilePath
from typing import TYPE_CHECKING, Any, Literal, Self

from synth_widgets.arguments import BEFORE_OUTPUTS, GuidanceLike, budget_of, guidance_of, tags_of
from synth_widgets.errors import ClosedError, StudioError, nearest, suggesting, unknown_keywords
from synth_widgets.money import Cost, read_prices
from synth_widgets.records import STEPS, Guided, Session
from synth_widgets.runs.job import Job
from synth_widgets.studio.accounts import costs
from synth_widgets.studio.chosen_models import ModelLike, checked_models
from synth_widgets.studio.core import Core
from synth_widgets.studio.curating import Curating
from synth_widgets.studio.current_task import HOW_TO_WRITE_A_TASK
from synth_widgets.studio.generating import Generating
from synth_widgets.studio.handing_off import HandingOff
from synth_widgets.studio.registry import attach, file_of, release
from synth_widgets.studio.samples import Samples
from synth_widgets.studio.topics import Topics
from synth_widgets.task import Task
from synth_widgets.text.shown import shown, value_shown

if TYPE_CHECKING:
    from synth_widgets.widget.widget import StudioWidget

EVERY_STEP: tuple[Guided, ...] = ("all",)
"""What one text of guidance is for where it is the studio's own."""


class Studio(Generating, Curating, HandingOff):
    """A task, its topics and samples, and the file that holds them. On the last line of a cell it is the widget.

    Studios of one file in one process share everything, so a cell that is run again shows the living data.

    Args:
        task: what the data is for. Without one, the file's.
        path: the studio file; by default ``<task-name>.synth`` in the working directory. ``":memory:"`` opts out: such
            a studio ends when no variable, no widget and no running job holds it any more.
        model: a name such as ``"openai/gpt-6-luna"``, a `Model`, or a completer. Without one, the file's last,
            else a cheap one of the first provider whose key is in the environment (where that is gone, the next of
            its list), else one of a server that answers on this machine (Ollama, LM Studio, vLLM, llamafile), else
            the embedded model, ``"local"``.
        models: models for single steps: a dict with the keys ``topics``, ``inputs``, ``outputs``.
        guidance: free text that steers every step of generation, or a dict of texts: ``topics``, ``inputs`` and
            ``outputs`` for single steps, ``all`` for each of them.
        budget: US dollars that may be spent from the file's opening on, by all jobs together; see `set_budget`.

    Raises:
        StudioError: there is neither a task nor a file, or the file belongs to another task.
        FileError: the file cannot be opened.
        ModelError: the model cannot be used.

    >>> from synth_widgets.testing import ScriptedCompleter
    >>> task = Task("Greeter", "Greet the person by name.")
    >>> studio = Studio(task, path=":memory:", model=ScriptedCompleter())
    >>> studio.grow(depth=1, topics=2, samples=3).wait()
    Result(added=6, failed=0, dropped=0, ...)
    >>> studio.keep([sample.id for sample in studio.samples])
    {}
    >>> studio.to_pandas().shape[0]
    6
    >>> studio.close()
    """

    @suggesting
    def __init__(
        self,
        task: Task | None = None,
        *,
        path: str | FilePath | None = None,
        model: ModelLike | None = None,
        models: Mapping[str, ModelLike] | None = None,
        guidance: GuidanceLike | None = None,
        budget: float | None = None,
    ) -> None:
        if task is not None and not isinstance(task, Task):
            raise StudioError(f"task is a sw.Task, not {task!r}.", *HOW_TO_WRITE_A_TASK)
        file = file_of(task, path)
        steps = dict(models or {})
        if wrong := [key for key in steps if key not in STEPS]:
            raise unknown_keywords("models", {wrong[0]: None}, STEPS)
        wanted = guidance_of(guidance, EVERY_STEP, clears=True)
        chosen = checked_models({"default": model, **steps})
        cap = budget_of(budget)
        read_prices()
        self._open = True
        self._core = attach(file, task, self)
        weakref.finalize(self, _gone, weakref.ref(self._core)).atexit = False
        try:
            self._core.models.set(chosen)
            self._core.models.choose()
            if cap is not None:
                self.set_budget(cap)
            if wanted and self.read_only is None:
                self._core.act(lambda: self._core.set_guidance(wanted, actor="system"))
        except BaseException:
            self.close()  # else a file that was opened for nothing stays locked
            raise
        self.topics = Topics(self._core)
        self.samples = Samples(self._core)

    # ------------------------------------------------------------ what it is
    @property
    def task(self) -> Task:
        """The task."""
        return self._core.task

    @property
    def path(self) -> str:
        """The studio file, or ``":memory:"``."""
        return str(self._core.path or ":memory:")

    @property
    def model(self) -> str:
        """Name of the model that answers where no step has its own."""
        return self._core.models.name()

    @property
    def guidance(self) -> dict[str, str]:
        """The studio's guidance: for ``all`` steps, and for single ones."""
        return {"all": "", **dict.fromkeys(STEPS, ""), **(self._state.settings.get("guidance") or {})}

    @property
    def session(self) -> Session | None:
        """The sitting that is on, or ``None`` before the first generation."""
        return self._core.sessions.current

    @property
    def sessions(self) -> list[Session]:
        """All sittings of the file, the oldest first."""
        return list(self._state.sessions.values())

    @property
    def jobs(self) -> list[Job]:
        """The jobs of this process, the newest last."""
        return list(self._core.jobs.handles.values())

    @property
    def cost(self) -> Cost:
        """What all calls of the file took: US dollars and tokens.

        >>> from synth_widgets.money import Price
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> model = ScriptedCompleter(price=Price(1e-6, 2e-6, "a list"))
        >>> studio = Studio(Task("Greeter", "Greet the person by name."), path=":memory:", model=model)
        >>> result = studio.grow(depth=0, samples=3).wait()
        >>> result.cost == studio.cost.total > 0, studio.cost.usage == result.usage
        (True, True)
        >>> studio.close()
        """
        return self._state.ledger.of()

    def costs(self, by: Literal["step", "job", "session"] = "step") -> dict[str, Cost]:
        """What all calls of the file took, by step, by job's id or by session's id."""
        if by not in ("step", "job", "session"):
            raise StudioError(f"by={by!r} is 'step', 'job' or 'session'.{nearest(str(by), ('step', 'job', 'session'))}")
        return costs(self._state, by)

    @property
    def budget(self) -> float | None:
        """US dollars that may be spent from the file's opening on, or ``None`` for no cap."""
        return self._core.accounts.budget.cap

    @property
    def read_only(self) -> str | None:
        """Why the file can only be read here (who has it open, or why its folder takes nothing), else ``None``."""
        return self._core.store.read_only

    @property
    def widget(self) -> StudioWidget:
        """The widget of this studio; all views of it show the same state."""
        from synth_widgets.widget.widget import StudioWidget

        self._check_open()
        if self._core.widget is None:
            self._core.widget = StudioWidget(self._core, self._of(self._core))
        widget: StudioWidget = self._core.widget
        return widget

    @classmethod
    def _of(cls, core: Core) -> Self:
        """Return a handle that keeps nothing open, for the widget's commands."""
        handle = cls.__new__(cls)
        handle._core, handle._open = core, True  # noqa: SLF001 - its own class
        handle.topics, handle.samples = Topics(core), Samples(core)
        return handle

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        return self.widget._repr_mimebundle_(**kwargs)

    def __repr__(self) -> str:
        name = value_shown(self.task.name)
        if not self._open:
            return f"<Studio {name}: closed>"
        reason = self._core.models.reason
        model = f"{self.model} ({reason})" if reason else self.model
        path = shown(str(self.path))
        return f"<Studio {name} {path}: {len(self.topics)} topics, {self.samples!r}; {shown(model)}>"

    # ------------------------------------------------------------ settings
    @suggesting
    def set_guidance(self, all: GuidanceLike | None = None, *, topics: str | None = None, inputs: str | None = None,
                     outputs: str | None = None) -> None:  # fmt: skip
        """Set the guidance for every step, or for single ones; what is left out stays, ``""`` takes a text away.

        Args:
            all: one text for every step; or a dict with the keys ``all``, ``topics``, ``inputs`` and ``outputs``.
            topics: what steers topics alone.
            inputs: what steers inputs alone: who writes, in which tone, how long.
            outputs: what steers outputs alone.

        Raises:
            StudioError: it is neither text nor a dict of texts.
            TypeError: a key that there is not.

        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = Studio(Task("Greeter", "Greet the person."), path=":memory:", model=ScriptedCompleter())
        >>> studio.set_guidance("The shop sells bicycles.", inputs="A few with typing errors.")
        >>> studio.guidance["all"], studio.guidance["outputs"]
        ('The shop sells bicycles.', '')
        >>> studio.close()
        """
        self._check_open()
        single = {"topics": topics, "inputs": inputs, "outputs": outputs}
        wanted = guidance_of(all, EVERY_STEP, clears=True)
        wanted |= guidance_of({k: v for k, v in single.items() if v is not None}, EVERY_STEP, clears=True)
        self._core.act(lambda: self._core.set_guidance(wanted, actor="person"))

    def set_model(self, name: str) -> None:
        """Choose another model by name, for all steps that have none of their own."""
        self._check_open()
        self._core.act(lambda: self._core.models.set(checked_models({"default": name})))

    def set_budget(self, budget: float | None) -> None:
        """Cap what this studio spends, in US dollars, from the file's opening on; ``None`` lifts the cap.

        A job stops before the call that would pass it. `resume` goes on under a higher one.
        """
        self._check_open()
        cap = budget_of(budget)

        def act() -> None:
            self._core.accounts.budget.cap = cap
            self._core.store.tell_studio()
            for run in self._core.jobs.runs.values():
                run.progress.look()  # what is spent of it is told with a job's progress

        self._core.engine.call(act)

    @suggesting
    def new_session(self, *, guidance: GuidanceLike | None = None, tags: Iterable[str] = ()) -> Session:
        """Begin a new sitting: what is generated from now on carries its tag and follows its guidance.

        Args:
            guidance: a text for topics and inputs; or a dict that says what each text is for, with the keys
                ``topics``, ``inputs``, ``outputs``, and ``all`` for every step.
            tags: further tags for what is generated, one word each.
        """
        self._check_open()
        chosen = tags_of(tags, least=0)
        texts = guidance_of(guidance, BEFORE_OUTPUTS)
        return self._core.act(lambda: self._core.sessions.begin(texts, chosen))

    # ------------------------------------------------------------ the file
    def flush(self) -> None:
        """Wait until all that was changed is on disk, under the name of the studio's file.

        Raises:
            FileError: it is not: the disk refuses, or the file was deleted, renamed, replaced or written over while it
                was open. Everything is still in memory; see `backup`.
        """
        self._check_open()
        self._core.act(self._core.check)

    def backup(self, path: str | FilePath) -> None:
        """Write all that the studio holds as another studio file, also what its own file does not take.

        The studio goes on with its own file. If that was deleted or renamed while it was open, its name
        (``studio.path``) may be given: then it is written there anew, and the studio goes on with it.

        Args:
            path: the name of a file that is not there yet: nothing is ever written over.

        Raises:
            FileError: there is a file of that name, or it cannot be written.

        >>> import tempfile
        >>> from synth_widgets.testing import ScriptedCompleter
        >>> studio = Studio(Task("Greeter", "Greet the person by name."), path=":memory:", model=ScriptedCompleter())
        >>> studio.topics.add("Morning")
        [('Morning',)]
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     studio.backup(f"{folder}/kept.synth")
        ...     with Studio(path=f"{folder}/kept.synth", model=ScriptedCompleter()) as kept:
        ...         kept.topics.paths()
        [('Morning',)]
        >>> studio.close()
        """
        self._check_open()
        target = FilePath(path).expanduser()
        target = target.parent.resolve() / target.name
        self._core.engine.call(lambda: self._core.backup(target))

    def close(self) -> None:
        """Let go of the studio. With the last handle of its file jobs end, their items stay pending, and it is free."""
        if self._open:
            self._open = False
            release(self._core, lambda: any(handle._open for handle in self._core.handles))  # noqa: SLF001 - its own class

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def _gone(core: weakref.ref[Core]) -> None:
    """Tell a core that a handle on it was forgotten."""
    held = core()
    if held is not None:
        with suppress(ClosedError):  # in a forked child, where no engine runs
            held.engine.post(held.left)
