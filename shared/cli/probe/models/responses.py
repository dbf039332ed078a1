"""The probes of OpenAI and xAI, by the Responses API."""

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
from shared.cli.probe.shapes import Either
from shared.ports import Secret

USAGE: Json = {
    "input_tokens": "whole", "input_tokens_details": {"cached_tokens": "whole", "*": "any"}, "output_tokens": "whole",
    "output_tokens_details": {"reasoning_tokens": "whole", "*": "any"}, "total_tokens": "whole", "*": "any",
}  # fmt: skip
RESPONSE: Json = {
    "id": "words", "object": "=response", "status": "code", "model": "words", "output": [{"type": "code", "*": "any"}],
    "usage": USAGE, "*": "any",
}  # fmt: skip
OPENAIS: Json = {"error": {"message": "words", "type": "code", "param": "text|null", "code": "code|null", "*": "any"}}
XAIS: Json = {"code": "words", "error": "words", "*": "any"}


def ask(question: str, **more: Any) -> Ask:
    """Return a question; nothing of it is stored with the vendor."""
    items = [{"role": "user", "content": [{"type": "input_text", "text": question}]}]
    body = {"model": "{model}", "input": items, "max_output_tokens": 4000, "store": False, **more}
    return Ask("POST", "/responses", body)


FORM: Json = {"format": {"type": "json_schema", "name": "title", "strict": True, "schema": SCHEMA}}
TOOLS: list[Json] = [{"type": "function", "name": TOOL[0], "description": TOOL[1], "parameters": INPUT, "strict": True}]


def calls(docs: str, error: Json, refused: Json, statuses: tuple[int, ...]) -> tuple[Call, ...]:
    """Return the calls of a vendor; `refused` is what a key and a model that are none are answered."""
    return (
        Call("the models", "The models that a key may ask are listed with their ids.", docs + "models",
             Ask("GET", "/models"),
             Expect(body={"data": [{"id": "words", "object": "=model", "*": "any"}], "object": "=list", "*": "any"})),
        Call("a stranger's key", "A key that is not valid is refused in words that tell it from other refusals.",
             docs + "errors", Ask("GET", "/models", trusted=False), Expect(statuses, refused["key"])),
        Call("a model that is none", "A model that does not exist is refused with 404, or with 400.", docs + "errors",
             Ask("POST", "/responses", {"model": NO_MODEL, "input": "x", "max_output_tokens": 16}),
             Expect((400, 404), refused["model"])),
        Call("a field that is none", "An unknown field is refused with 400 or 422.", docs + "errors",
             ask("x", nonsense=True), Expect((400, 422), error)),
        Call("an answer of a form", "With a strict schema the text of the answer is JSON of that form; what was read "
             "from the cache is a part of the tokens in, thoughts are a part of those out.", docs + "responses",
             ask(ASK_TITLE, text=FORM), Expect(body={**RESPONSE, "status": "=completed"}), within=120.0),
        Call("a call of a tool", "A tool is called by an item with a call_id, its name and its arguments as JSON text.",
             docs + "function-calling", ask(ASK_TOOL, tools=TOOLS),
             Expect(body={**RESPONSE, "status": "=completed", "output": [Either(
                 {"type": "=function_call", "call_id": "words", "name": "=look", "arguments": "words", "*": "any"},
                 {"type": "=reasoning|=message", "*": "any"})]}), within=120.0),
        Call("an answer that is cut off", "An answer that reaches max_output_tokens is incomplete, with that as its "
             "reason.", docs + "responses", ask(ASK_LONG, max_output_tokens=16),
             Expect(body={**RESPONSE, "status": "=incomplete",
                          "incomplete_details": {"reason": "=max_output_tokens", "*": "any"}}), within=120.0),
    )  # fmt: skip


COUNT = Call(
    "tokens are counted",
    "The tokens of a question are counted without asking it.",
    "https://platform.openai.com/docs/api-reference/responses/input-tokens",
    Ask("POST", "/responses/input_tokens", {"model": "{model}", "input": [{"role": "user", "content": ASK_TITLE}]}),
    Expect(body={"object": "=response.input_tokens", "input_tokens": "whole"}),
)
CODED = {
    "key": {"error": {**OPENAIS["error"], "code": "=invalid_api_key"}},
    "model": {"error": {**OPENAIS["error"], "code": "=model_not_found"}},
}


def headers(key: Secret) -> Mapping[str, str]:
    return {"Authorization": f"Bearer {key.reveal()}"}


_OPENAI = calls("https://platform.openai.com/docs/api-reference/", OPENAIS, CODED, (401,))
OPENAI = probe_of("openai", "OpenAI", (*_OPENAI, COUNT), maker("openai", "https://api.openai.com/v1", headers),
                  code_at="error.code")  # fmt: skip
_XAI = calls("https://docs.x.ai/docs/api-reference/", XAIS, {"key": XAIS, "model": XAIS}, (400, 401))
XAI = probe_of("xai", "xAI", _XAI, maker("xai", "https://api.x.ai/v1", headers))
