"""Which completer answers for a model."""

from __future__ import annotations

from synth_widgets.errors import ModelError
from synth_widgets.llm.completer import Completer
from synth_widgets.llm.providers import provider_of
from synth_widgets.model import Model


def completer_for(model: Model | str | Completer) -> Completer:
    """Return what answers for a model.

    A missing key raises at the first call, not here: a studio opens without one.

    Args:
        model: a name, a `Model`, or a completer, which is returned as it is.

    Raises:
        ModelError: the name has no provider, or one that is not served; the embedded model is not installed.
    """
    if isinstance(model, str):
        model = Model(model)
    if not isinstance(model, Model):
        if isinstance(model, Completer):
            return model
        raise ModelError(f"A model is a name, an sw.Model or a completer, not {type(model).__name__}.")
    if model.is_local:
        from synth_widgets.llm.embedded.completer import LocalCompleter

        return LocalCompleter(model)
    transport = provider_of(model.name).transport
    if transport == "openai":
        from synth_widgets.llm.transports.openai_http import OpenAICompleter

        return OpenAICompleter(model)
    if transport == "anthropic":
        from synth_widgets.llm.transports.anthropic_http import AnthropicCompleter

        return AnthropicCompleter(model)
    from synth_widgets.llm.transports.via_litellm import LiteLLMCompleter

    return LiteLLMCompleter(model)
