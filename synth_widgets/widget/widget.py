"""The anywidget class: its few traits, the front end's files, and the routing of its messages."""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path
from typing import Any

import anywidget
import traitlets

from synth_widgets.errors import ClosedError
from synth_widgets.widget import keymap as keymaps
from synth_widgets.widget.bridge import Bridge
from synth_widgets.widget.host import Host
from synth_widgets.widget.snapshot import Shown, saved_state, static_page

_STATIC = Path(__file__).parent.parent / "static"


def _front_end(name: str) -> Any:
    """Return a file of the front end: its text, because anywidget keeps widgets alive whose files it watches."""
    path = _STATIC / name
    return path if os.environ.get("ANYWIDGET_HMR") == "1" else path.read_text(encoding="utf-8")


class StudioWidget(anywidget.AnyWidget):
    """The studio as a notebook shows it. Made by `Studio`; one model a file, with any number of views.

    The data do not travel in traits but as messages; see ``protocol.py``. The engine's thread never sets a trait.
    """

    _esm = _front_end("widget.js")
    _css = _front_end("widget.css")

    revision = traitlets.Int(0, help="Grows when kept samples change. Written by the browser, for reactive notebooks.")
    revision.tag(sync=True)
    selected_ids = traitlets.List(traitlets.Unicode(), help="Ids of the selected samples.").tag(sync=True)
    height = traitlets.Int(764, help="Height in pixels; a view takes at most 80 % of the window.").tag(sync=True)
    theme = traitlets.Enum(
        ["auto", "light", "dark", "contrast", "contrast-light"], "auto", help="Colours; auto follows the notebook."
    )
    theme.tag(sync=True)
    keymap = traitlets.Dict(help="Chords by a command's name, where they should differ; see the help sheet for both.")
    _commands = traitlets.List(keymaps.table({}), help="The command table, with the keys that give each.").tag(
        sync=True
    )
    _snapshot = traitlets.Dict(help="What a saved notebook shows without a kernel; see ``snapshot.py``.").tag(sync=True)

    def __init__(self, host: Host, studio: Any) -> None:
        super().__init__()
        self._host = host
        self._counted: tuple[tuple[str, int], Shown] | None = None
        host.model_name()  # if it is being chosen still, this thread waits for it, and never the engine's
        self._bridge: Any = host.engine.call(lambda: Bridge(host, studio, self.send))
        self.on_msg(lambda _widget, content, _buffers: self._bridge and self._bridge.receive(content))

    def close(self) -> None:
        """Close the widget for good. The studio goes on, and makes a new one when it is shown again."""
        super().close()
        bridge, host = getattr(self, "_bridge", None), getattr(self, "_host", None)
        if bridge is not None and host is not None:
            self._bridge = None
            if host.widget is self:
                host.widget = None
            with suppress(ClosedError):  # in a forked child, where no engine runs
                host.engine.post(bridge.end)

    @traitlets.validate("keymap")
    def _checked_keymap(self, proposal: Any) -> keymaps.Keymap:
        return keymaps.checked(proposal["value"])

    @traitlets.observe("keymap")
    def _remap(self, change: Any) -> None:
        self._commands = keymaps.table(change["new"])

    def _repr_mimebundle_(self, **kwargs: Any) -> Any:
        """Return the widget, and a page for where no kernel runs. Sets the saved state, on the thread of the cell."""
        bundle = super()._repr_mimebundle_(**kwargs)
        if bundle is None:
            return None
        data, metadata = bundle
        shown = self._shown()
        self._snapshot = dict(saved_state(self._host, shown))
        return {**data, "text/html": static_page(self._host, shown)}, metadata

    def _shown(self) -> Shown:
        """Count and choose anew only when something changed: marimo asks at every run of a cell."""
        store = self._host.store
        at = (store.epoch, store.state.rev)
        if self._counted is None or self._counted[0] != at:
            self._counted = (at, Shown.of(store.state))
        return self._counted[1]

    # ipykernel 7.4 sends each message of the browser to the subshell that last published on this comm: a cell that
    # publishes would drag the person's clicks behind itself. So where it last published is forgotten at once.
    def open(self) -> None:
        """Open the comm, without tying answers to the cell that runs now."""
        super().open()
        self._forget_route()

    def _send(self, msg: Any, buffers: Any = None) -> None:
        super()._send(msg, buffers)
        self._forget_route()

    def _forget_route(self) -> None:
        if self.comm is not None:
            self.comm.__dict__.pop("_reply_subshell_id", None)
