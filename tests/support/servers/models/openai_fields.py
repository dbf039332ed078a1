"""The closed lists of what requests to the Responses API and to Chat Completions may contain."""

from __future__ import annotations

from typing import Any

from tests.support.servers.models.closed_shapes import (
    ANY,
    FLAG,
    NUMBER,
    TEXT,
    WHOLE,
    ByField,
    Closed,
    Listed,
    either,
    words,
)

EFFORT = words("none", "minimal", "low", "medium", "high", "xhigh", "max")
PIECES: dict[str, Any] = {
    "input_text": Closed(
        {"type": TEXT, "text": TEXT, "prompt_cache_breakpoint": Closed({"mode": words("explicit"), "ttl": TEXT})},
        ("text",),
    ),
    "output_text": Closed({"type": TEXT, "text": TEXT, "annotations": ANY, "logprobs": ANY}, ("text",)),
    "refusal": Closed({"type": TEXT, "refusal": TEXT}, ("refusal",)),
}
MESSAGE = Closed(
    {
        "type": TEXT,
        "id": TEXT,
        "status": TEXT,
        "phase": TEXT,
        "role": words("user", "assistant", "system", "developer"),
        "content": either(TEXT, Listed(ByField("type", PIECES))),
    },
    ("role", "content"),
)
ITEM = ByField(
    "type",
    {
        "message": MESSAGE,
        "function_call": Closed(
            {"type": TEXT, "id": TEXT, "call_id": TEXT, "name": TEXT, "arguments": TEXT, "status": TEXT},
            ("call_id", "name", "arguments"),
        ),
        "function_call_output": Closed(
            {"type": TEXT, "id": TEXT, "call_id": TEXT, "output": either(TEXT, Listed(ANY)), "status": TEXT},
            ("call_id", "output"),
        ),
        "reasoning": Closed(
            {"type": TEXT, "id": TEXT, "summary": ANY, "encrypted_content": TEXT, "content": ANY, "status": TEXT},
            ("id", "summary"),
        ),
    },
    "message",
)
FUNCTION = Closed(
    {"type": TEXT, "name": TEXT, "description": TEXT, "parameters": "object", "strict": FLAG, "defer_loading": FLAG},
    ("name", "parameters"),
)
FORM = ByField(
    "type",
    {
        "text": Closed({"type": TEXT}),
        "json_object": Closed({"type": TEXT}),
        "json_schema": Closed(
            {"type": TEXT, "name": TEXT, "schema": "object", "strict": FLAG, "description": TEXT}, ("name", "schema")
        ),
    },
)
COUNTED: dict[str, Any] = {
    "model": TEXT,
    "input": either(TEXT, Listed(ITEM)),
    "instructions": TEXT,
    "conversation": ANY,
    "parallel_tool_calls": FLAG,
    "previous_response_id": TEXT,
    "reasoning": Closed({"effort": EFFORT, "summary": TEXT, "generate_summary": TEXT, "context": TEXT, "mode": TEXT}),
    "text": Closed({"format": FORM, "verbosity": words("low", "medium", "high")}),
    "tool_choice": either(words("none", "auto", "required"), ANY),
    "tools": Listed(ByField("type", {"function": FUNCTION})),
    "truncation": words("auto", "disabled"),
}
COUNT = Closed({**COUNTED, "personality": TEXT})
RESPONSE = Closed(
    {
        **COUNTED,
        "access_programs": ANY,
        "background": FLAG,
        "background_options": ANY,
        "context_management": ANY,
        "image": ANY,
        "include": Listed(TEXT),
        "max_output_tokens": WHOLE,
        "max_tool_calls": WHOLE,
        "metadata": "object",
        "moderation": ANY,
        "prompt": ANY,
        "prompt_cache_key": TEXT,
        "prompt_cache_options": ANY,
        "prompt_cache_retention": TEXT,
        "safety_identifier": TEXT,
        "service_tier": TEXT,
        "store": FLAG,
        "stream": FLAG,
        "stream_options": ANY,
        "temperature": NUMBER,
        "top_logprobs": WHOLE,
        "top_p": NUMBER,
        "user": TEXT,
    }
)
CALL = Closed(
    {
        "id": TEXT,
        "type": words("function"),
        "function": Closed({"name": TEXT, "arguments": TEXT}, ("name", "arguments")),
    },
    ("id", "type", "function"),
)
SAID = either(TEXT, Listed(ByField("type", {"text": Closed({"type": TEXT, "text": TEXT}, ("text",))})))
CHAT = Closed(
    {
        "model": TEXT,
        "messages": Listed(
            ByField(
                "role",
                {
                    "system": Closed({"role": TEXT, "content": SAID, "name": TEXT}, ("content",)),
                    "developer": Closed({"role": TEXT, "content": SAID, "name": TEXT}, ("content",)),
                    "user": Closed({"role": TEXT, "content": SAID, "name": TEXT}, ("content",)),
                    "assistant": Closed(
                        {"role": TEXT, "content": SAID, "name": TEXT, "refusal": TEXT, "tool_calls": Listed(CALL)}
                    ),
                    "tool": Closed({"role": TEXT, "content": SAID, "tool_call_id": TEXT}, ("content", "tool_call_id")),
                },
            )
        ),
        "max_tokens": WHOLE,
        "max_completion_tokens": WHOLE,
        "response_format": ByField(
            "type",
            {
                "text": Closed({"type": TEXT}),
                "json_object": Closed({"type": TEXT}),
                "json_schema": Closed(
                    {
                        "type": TEXT,
                        "json_schema": Closed(
                            {"name": TEXT, "schema": "object", "strict": FLAG, "description": TEXT}, ("name",)
                        ),
                    },
                    ("json_schema",),
                ),
            },
        ),
        "tools": Listed(
            Closed(
                {
                    "type": words("function"),
                    "function": Closed(
                        {"name": TEXT, "description": TEXT, "parameters": "object", "strict": FLAG}, ("name",)
                    ),
                },
                ("type", "function"),
            )
        ),
        "tool_choice": either(words("none", "auto", "required"), ANY),
        "stream": FLAG,
        "stream_options": ANY,
        "temperature": NUMBER,
        "top_p": NUMBER,
        "frequency_penalty": NUMBER,
        "presence_penalty": NUMBER,
        "stop": ANY,
        "seed": WHOLE,
        "n": WHOLE,
        "user": TEXT,
        "logprobs": FLAG,
        "top_logprobs": WHOLE,
        "parallel_tool_calls": FLAG,
        "reasoning_effort": EFFORT,
    },
    ("model", "messages"),
)
