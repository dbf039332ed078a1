"""A model on this machine that answers by a script: Chat Completions on a port, real prompts, every request counted.

It answers each request with the least that its schema allows: nothing was found, nothing is objected to. Who measures
more gives other answers in a class of their own.
"""

from __future__ import annotations

import json
import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from werkzeug.serving import BaseWSGIServer, WSGIRequestHandler, make_server
from werkzeug.wrappers import Request, Response

from shared.core.models.token_bound import estimate_tokens

Json = dict[str, Any]
MODEL = "scripted"
_FORM = "It follows this JSON schema:"
_DATA = re.compile(r"<(data-\w+) part=\"(\w+)\" source=\"([^\"]*)\">\n(.*?)\n</\1>", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Counted:
    """The tokens of one request and of its answer."""

    asked: int
    answered: int


class ScriptedServer:
    """Answers on loopback until it is stopped; `counted` holds what it was asked, in order."""

    def __init__(self) -> None:
        self.counted: list[Counted] = []
        self._server: BaseWSGIServer = make_server("127.0.0.1", 0, self._serve, threaded=True, request_handler=_Silent)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def environment(self) -> Mapping[str, str]:
        """Return what makes it the model of a house."""
        url = f"http://127.0.0.1:{self._server.server_port}/v1"
        return {
            "WORKWRIGHT_MODEL": "compatible",
            "WORKWRIGHT_COMPATIBLE_URL": url,
            "WORKWRIGHT_COMPATIBLE_MODEL": MODEL,
        }

    def stop(self) -> None:
        """Stop answering."""
        self._server.shutdown()
        self._server.server_close()

    def answer(self, form: Json, prompt: str) -> Any:
        """Return the answer to a request with this schema."""
        return build_minimum(form, form.get("$defs", {}))

    def count(self, text: str) -> int:
        """Return the tokens of a text."""
        return estimate_tokens(text)

    def _serve(self, environ: Json, start_response: Any) -> Any:
        return self._answer_request(Request(environ))(environ, start_response)

    def _answer_request(self, request: Request) -> Response:
        asked = json.loads(request.get_data())
        messages = [str(message["content"]) for message in asked["messages"]]
        prompt = "\n\n".join(messages)
        schema = (asked.get("response_format") or {}).get("json_schema", {}).get("schema")
        text = json.dumps(self.answer(schema or _find_schema(prompt), prompt), ensure_ascii=False)
        counted = Counted(sum(map(self.count, messages)), self.count(text))
        self.counted.append(counted)
        used = {"prompt_tokens": counted.asked, "completion_tokens": counted.answered}
        used["total_tokens"] = sum(used.values())
        message = {"role": "assistant", "content": text}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        body = {"id": MODEL, "object": "chat.completion", "model": MODEL, "choices": [choice], "usage": used}
        return Response(json.dumps(body), content_type="application/json")


def parts_of(prompt: str) -> list[tuple[str, str, str]]:
    """Return name, source and text of all data in a prompt, in order."""
    return [(found[2], found[3], found[4]) for found in _DATA.finditer(prompt)]


def build_minimum(form: Json, defs: Json) -> Any:
    """Return the smallest answer that a schema allows: nothing was found, nothing is objected to."""
    if "$ref" in form:
        return build_minimum(defs[str(form["$ref"]).rpartition("/")[2]], defs)
    if "enum" in form:
        return form["enum"][0]
    if "anyOf" in form:
        return build_minimum(form["anyOf"][-1], defs)
    kind = form.get("type")
    if kind == "object":
        return {name: build_minimum(each, defs) for name, each in form.get("properties", {}).items()}
    return {"array": [], "string": "", "boolean": False, "integer": 0, "number": 0}.get(str(kind))


def _find_schema(prompt: str) -> Json:
    """Return the schema that a server of Chat Completions is told in words; {} where none is."""
    _, form_head, rest = prompt.partition(_FORM)
    form: Json = json.JSONDecoder().raw_decode(rest.lstrip())[0] if form_head else {}
    return form


class _Silent(WSGIRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""
