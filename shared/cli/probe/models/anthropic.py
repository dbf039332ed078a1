"""The probe of Claude, by the Messages API."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.models.model_questions import (
    ASK_LONG,
    ASK_TITLE,
    ASK_TOOL,
    INPUT,
    NO_MODEL,
    SCHEMA,
    TOOL,
    Json,
    maker,
    probe_of,
)
from shared.ports import Secret

DOCS = "https://docs.claude.com/en/api/"
USAGE: Json = {
    "input_tokens": "whole", "output_tokens": "whole", "cache_read_input_tokens": "whole",
    "cache_creation_input_tokens": "whole", "*": "any",
}  # fmt: skip
MESSAGE: Json = {
    "id": "words", "type": "=message", "role": "=assistant", "model": "words",
    "content": [{"type": "code", "*": "any"}], "stop_reason": "code", "usage": USAGE, "*": "any",
}  # fmt: skip


def ask(text: str, max_tokens: int, **more: Any) -> Ask:
    message = {"role": "user", "content": [{"type": "text", "text": text}]}
    return Ask("POST", "/v1/messages", {"model": "{model}", "max_tokens": max_tokens, "messages": [message], **more})


def refusal(status: int, kind: str) -> Expect:
    """Return what a refused call answers."""
    return Expect(status, {"type": "=error", "error": {"type": f"={kind}", "message": "words", "*": "any"}, "*": "any"})


CALLS = (
    Call("the models", "The models that a key may ask are listed with their ids.", DOCS + "models-list",
         Ask("GET", "/v1/models"),
         Expect(body={"data": [{"id": "words", "type": "=model", "*": "any"}], "has_more": "flag", "*": "any"})),
    Call("a stranger's key", "A key that is not valid is refused with 401 authentication_error.", DOCS + "errors",
         Ask("GET", "/v1/models", trusted=False), refusal(401, "authentication_error")),
    Call("a model that is none", "A model that does not exist is refused with 404 not_found_error.", DOCS + "errors",
         Ask("POST", "/v1/messages", {"model": NO_MODEL, "max_tokens": 16, "messages": [
             {"role": "user", "content": "x"}]}), refusal(404, "not_found_error")),
    Call("a field that is none", "An unknown field is refused with 400 invalid_request_error.", DOCS + "errors",
         ask("x", 16, nonsense=True), refusal(400, "invalid_request_error")),
    Call("tokens are counted", "The tokens of a question are counted without asking it.",
         DOCS + "messages-count-tokens",
         Ask("POST", "/v1/messages/count_tokens", {"model": "{model}", "messages": [
             {"role": "user", "content": ASK_TITLE}]}), Expect(body={"input_tokens": "whole", "*": "any"})),
    Call("an answer of a form", "With a schema the text of the answer is JSON of that form; tokens of the cache are "
         "counted apart from the others.", "https://docs.claude.com/en/docs/build-with-claude/structured-outputs",
         ask(ASK_TITLE, 4000, output_config={"format": {"type": "json_schema", "schema": SCHEMA}}),
         Expect(body={**MESSAGE, "stop_reason": "=end_turn"}, headers={"request-id": "words"}), within=120.0),
    Call("a call of a tool", "A tool is called by a block with id, name and input, and the answer stops there.",
         "https://docs.claude.com/en/docs/agents-and-tools/tool-use/overview",
         ask(ASK_TOOL, 4000, tools=[{"name": TOOL[0], "description": TOOL[1], "input_schema": INPUT}]),
         Expect(body={**MESSAGE, "stop_reason": "=tool_use"}), within=120.0),
    Call("an answer that is cut off", "An answer that reaches max_tokens stops with max_tokens.", DOCS + "messages",
         ask(ASK_LONG, 16), Expect(body={**MESSAGE, "stop_reason": "=max_tokens"}), within=120.0),
)  # fmt: skip


def headers(key: Secret) -> Mapping[str, str]:
    return {"x-api-key": key.reveal(), "anthropic-version": "2023-06-01"}


PROBE = probe_of("anthropic", "Anthropic", CALLS, maker("anthropic", "https://api.anthropic.com", headers),
                 code_at="error.type")  # fmt: skip
