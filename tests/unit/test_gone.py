"""What endpoints say of a model that is not there, or no longer, told from a wrong address and from other refusals."""

from __future__ import annotations

import pytest

from synth_widgets.errors import AccessError, ModelGoneError
from synth_widgets.llm.completer import Mode
from synth_widgets.llm.connect import completer_for
from synth_widgets.llm.providers import endpoint_of, provider_of
from synth_widgets.llm.transports.failures import Address, from_status
from synth_widgets.llm.transports.openai_http import OpenAICompleter
from synth_widgets.model import Model

ADDRESS = Address("https://api.example/v1", "openai/old", "the environment variable OPENAI_API_KEY", True, "openai/new")


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (404, '{"error": {"message": "The model `old` does not exist or you do not have access to it.", "code": "x"}}'),
        (404, '{"type": "error", "error": {"type": "not_found_error", "message": "model: old"}}'),
        (404, '[{"error": {"code": 404, "message": "models/old is not found for API version v1main"}}]'),
        (404, '{"error": {"message": "This model models/old is no longer available. Use a newer model."}}'),
        (404, '{"error": {"message": "Model not found, inaccessible, and/or not deployed", "code": "NOT_FOUND"}}'),
        (404, '{"error": {"message": "No endpoints found for old.", "code": 404}}'),
        (404, '{"message": "model \'old\' was removed on September 15, 2025."}'),
        (
            410,
            '{"title": "Gone", "detail": "The model \'old\' has reached its end of life and is no longer available."}',
        ),
        (400, '{"error": {"message": "`old` is no longer supported.", "code": "model_decommissioned"}}'),
        (400, '{"error": {"message": "Unable to access non-serverless model old.", "code": "model_not_available"}}'),
        (400, '{"object": "error", "message": "Invalid model: old", "type": "invalid_model", "code": "1500"}'),
        (400, '{"error": {"message": "Model Not Exist", "type": "invalid_request_error"}}'),
        (400, '{"error": {"message": "old is not a valid model ID", "code": 400}}'),
    ],
)
def test_words_for_a_model_that_is_gone(status: int, text: str) -> None:
    error = from_status(status, {}, text, ADDRESS, mode="json_schema", sent=()).error
    assert isinstance(error, ModelGoneError)
    assert "'openai/new' is what is taken there when no model is given" in str(error)


@pytest.mark.parametrize(
    ("status", "text", "mode"),
    [
        (404, "404 page not found", "text"),
        (404, '{"detail": "Not Found"}', "text"),
        (404, '{"type": "error", "error": {"type": "not_found_error", "message": "Not Found"}}', "text"),
        (404, '{"error": {"message": "Invalid URL (POST /v1/v1/chat/completions)"}}', "text"),
        (404, '{"error": {"message": "No endpoints found that support tool use."}}', "tools"),
        (404, '{"error": {"message": "No endpoints found matching your data policy."}}', "text"),
        (400, '{"error": {"message": "`temperature` is deprecated for this model."}}', "text"),
        (400, '{"error": {"message": "This model is not available for input images."}}', "text"),
        (401, '{"error": {"message": "The model `old` does not exist", "code": "model_not_found"}}', "text"),
        (503, '{"error": {"message": "The model is unavailable, try again later."}}', "text"),
    ],
)
def test_words_of_something_else(status: int, text: str, mode: Mode) -> None:
    assert not isinstance(from_status(status, {}, text, ADDRESS, mode=mode, sent=()).error, ModelGoneError)


def test_a_person_whose_model_is_gone_is_told_the_default_of_its_provider_not_of_an_address_of_their_own() -> None:
    for model, default in (
        (Model("openai/old"), f"openai/{provider_of('openai/old').defaults[0]}"),
        (Model("openai/old", api_base="http://localhost:8000/v1"), None),
        (Model("xai/old"), None),
    ):
        completer = completer_for(model)
        assert isinstance(completer, OpenAICompleter)
        assert completer.address(endpoint_of(model)).default == default


def test_a_named_model_that_is_its_provider_s_default_is_not_offered_in_its_own_place() -> None:
    address = Address(ADDRESS.shown, "openai/new", ADDRESS.key_source, True, "openai/new")
    error = from_status(404, {}, '{"error": {"code": "model_not_found"}}', address, mode="text", sent=()).error
    assert isinstance(error, AccessError)
    assert "is what is taken" not in str(error)
