"""The probes of Gemini: with a developer's key, and on Vertex AI."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from shared.backends.models.vertex_address import vertex_root
from shared.cli.probe.calls import Ask, Call, Expect, Kept, Place
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
from shared.cli.probe.plain_calls import NOBODYS, Asker
from shared.cli.probe.shapes import Rows
from shared.core.errors import ConfigError
from shared.ports import Secret
from shared.settings import Settings

DEVELOPERS = "https://ai.google.dev/api/"
VERTEX_DOCS = "https://cloud.google.com/vertex-ai/generative-ai/docs/model-reference/"
USAGE: Json = {"promptTokenCount": "whole", "totalTokenCount": "whole", "*": "any"}
TOOLS = [{"functionDeclarations": [{"name": TOOL[0], "description": TOOL[1], "parametersJsonSchema": INPUT}]}]


def ask(path: str, text: str, max_tokens: int, config: Json | None = None, **more: Any) -> Ask:
    body = {"contents": [{"role": "user", "parts": [{"text": text}]}],
            "generationConfig": {"maxOutputTokens": max_tokens, **(config or {})}, **more}  # fmt: skip
    return Ask("POST", path + ":generateContent", body)


def expect_end(reason: str, part: Json | None = None) -> Expect:
    """Return an answer that ends for this reason."""
    content: Json = {"content?": "object"}
    if part is not None:
        content = {"content": {"parts": [part], "role": "=model", "*": "any"}}
    candidate = {**content, "finishReason": f"={reason}", "*": "any"}
    return Expect(body={"candidates": Rows(1, candidate), "usageMetadata": USAGE, "modelVersion": "words",
                        "responseId": "words", "*": "any"})  # fmt: skip


def refusal(status: int, code: str, **more: Any) -> Expect:
    """Return what a refused call answers."""
    error = {"code": status, "message": "words", "status": f"={code}", **more, "*": "any"}
    return Expect(status, {"error": error})


def calls(docs: str, models: str, counted: Json, stranger: Expect) -> tuple[Call, ...]:
    """Return the calls at one of the two addresses; `models` is the path of the models there."""
    path = models + "/{model}"
    return (
        Call("a stranger's key", "A key that is not valid is refused in words that tell it from other refusals.",
             docs + "generate-content", Ask("POST", path + ":generateContent", {"contents": [
                 {"role": "user", "parts": [{"text": "x"}]}]}, trusted=False), stranger),
        Call("a model that is none", "A model that does not exist is refused with 404 NOT_FOUND.",
             docs + "generate-content", ask(f"{models}/{NO_MODEL}", "x", 16), refusal(404, "NOT_FOUND")),
        Call("a field that is none", "An unknown field is refused with 400 INVALID_ARGUMENT.",
             docs + "generate-content", ask(path, "x", 16, nonsense=True), refusal(400, "INVALID_ARGUMENT")),
        Call("tokens are counted", "The tokens of a question are counted without asking it.", docs + "tokens",
             Ask("POST", path + ":countTokens", counted), Expect(body={"totalTokens": "whole", "*": "any"})),
        Call("an answer of a form", "With a schema the text of the answer is JSON of that form; thoughts are counted "
             "apart from what is said.", docs + "generate-content",
             ask(path, ASK_TITLE, 4000, {"responseMimeType": "application/json", "responseJsonSchema": SCHEMA}),
             expect_end("STOP", {"text": "words", "*": "any"}), within=120.0),
        Call("a call of a tool", "A tool is called by a part with its name and its arguments.",
             docs + "function-calling", ask(path, ASK_TOOL, 4000, tools=TOOLS),
             expect_end("STOP",
                        {"functionCall?": {"name": "=look", "args": {"city": "words"}, "*": "any"}, "*": "any"}),
             within=120.0),
        Call("an answer that is cut off", "An answer that reaches maxOutputTokens ends with MAX_TOKENS.",
             docs + "generate-content", ask(path, ASK_LONG, 16), expect_end("MAX_TOKENS"), within=120.0),
    )  # fmt: skip


CONTENT: Json = {"contents": [{"role": "user", "parts": [{"text": ASK_TITLE}]}]}
INVALID = [{"@type": "words", "reason?": "=API_KEY_INVALID", "*": "any"}]
LIST = Call("the models", "The models that a key may ask are listed with their names.", DEVELOPERS + "models",
            Ask("GET", "/models"), Expect(body={"models": [{"name": "words", "*": "any"}], "*": "any"}))  # fmt: skip


def key_header(key: Secret) -> Mapping[str, str]:
    return {"x-goog-api-key": key.reveal()}


def read_project(named: str) -> Place:
    """Return the project, the location and the model that a name names; raises ConfigError."""
    found = re.fullmatch(r"([a-z][a-z0-9-]{4,28}[a-z0-9])/([a-z0-9-]+)/([A-Za-z0-9._@-]+)", named)
    if not found:
        raise ConfigError("--in names no model of a project; give PROJECT/LOCATION/MODEL")
    names = {"project": found[1], "location": found[2], "model": found[3]}
    return Place(f"the model {found[3]} of the project {found[1]}", names)


def make_vertex(settings: Settings, secret: Secret, kept: Kept) -> Asker:
    """Return what asks Vertex AI in the project's location."""
    base = vertex_root(str(kept["project"]), str(kept["location"]), settings.model_urls.get("vertex", ""))
    headers = [{"Authorization": f"Bearer {each.reveal()}"} for each in (secret, Secret(NOBODYS))]
    return Asker("vertex", base, headers[0], headers[1], {}, {})


DEVELOPER = probe_of(
    "gemini", "Gemini",
    (LIST, *calls(DEVELOPERS, "/models", {"generateContentRequest": {"model": "models/{model}", **CONTENT}},
                  refusal(400, "INVALID_ARGUMENT", details=INVALID))),
    maker("gemini", "https://generativelanguage.googleapis.com", key_header, "/v1beta"), code_at="error.status",
)  # fmt: skip
VERTEX = probe_of(
    "vertex", "Vertex AI",
    calls(VERTEX_DOCS, "/publishers/google/models", CONTENT,
          refusal(401, "UNAUTHENTICATED")),
    make_vertex, code_at="error.status", read_place=read_project, secrets=("vertex-access-token",),
    asks_for="PROJECT/LOCATION/MODEL", rights="an access token (gcloud auth print-access-token)",
)  # fmt: skip
