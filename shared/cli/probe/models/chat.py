"""The probe of any server that speaks Chat Completions: Ollama, vLLM, llama.cpp, a gateway."""

from __future__ import annotations

from typing import Any

from shared.cli.probe.calls import Ask, Call, Expect
from shared.cli.probe.models.model_questions import ASK_LONG, ASK_TITLE, ASK_TOOL, INPUT, TOOL, Json, maker, probe_of
from shared.cli.probe.models.responses import headers
from shared.cli.probe.shapes import Rows

DOCS = "https://platform.openai.com/docs/api-reference/chat"
USAGE: Json = {"prompt_tokens": "whole", "completion_tokens": "whole", "total_tokens": "whole", "*": "any"}


def ask(text: str, max_tokens: int, **more: Any) -> Ask:
    messages = [{"role": "system", "content": "Answer with one JSON object: {\"title\": …}"},
                {"role": "user", "content": text}]  # fmt: skip
    body = {"model": "{model}", "messages": messages, "max_tokens": max_tokens, "stream": False, **more}
    return Ask("POST", "/chat/completions", body)


def expect_end(reason: str, **message: Any) -> Expect:
    """Return an answer that ends for this reason."""
    expected = {"role": "=assistant", "content?": "text|null", **message, "*": "any"}
    choice = {"index": 0, "message": expected, "finish_reason": f"={reason}", "*": "any"}
    return Expect(
        body={"id": "words", "object": "=chat.completion", "choices": Rows(1, choice), "usage": USAGE, "*": "any"}
    )


CALLED: Json = {"id": "words", "type": "=function", "function": {"name": "=look", "arguments": "words"}, "*": "any"}
CALLS = (
    Call("the models", "The models of the server are listed with their ids.",
         "https://platform.openai.com/docs/api-reference/models", Ask("GET", "/models"),
         Expect(body={"data": [{"id": "words", "*": "any"}], "object": "=list", "*": "any"})),
    Call("an answer of a form", "With json_object the text of the answer is JSON, and tokens are told.", DOCS,
         ask(ASK_TITLE, 1000, response_format={"type": "json_object"}), expect_end("stop", content="words"),
         within=300.0),
    Call("a call of a tool", "A tool is called beside the text, with id, name and arguments as JSON text.", DOCS,
         ask(ASK_TOOL, 1000, tools=[{"type": "function", "function": {
             "name": TOOL[0], "description": TOOL[1], "parameters": INPUT}}]),
         expect_end("tool_calls", tool_calls=[CALLED]), within=300.0),
    Call("an answer that is cut off", "An answer that reaches max_tokens ends with the reason length.", DOCS,
         ask(ASK_LONG, 16), expect_end("length"), within=300.0),
)  # fmt: skip
PROBE = probe_of(
    "compatible", "A server of one's own (Chat Completions)", CALLS, maker("compatible", "", headers),
    credential_name="Key of the server",
    rights="a key, or any word where the server wants none",
)  # fmt: skip
