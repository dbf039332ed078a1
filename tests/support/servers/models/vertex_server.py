"""An HTTP endpoint that speaks Gemini, on Vertex AI paths and those of the developer API: strict, scripted."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from email.message import Message
from typing import Any

from tests.support.servers.models import vertex_answers as answers
from tests.support.servers.models.model_endpoint import Answer, ModelEndpoint, Refusal, json_of
from tests.support.servers.models.vertex_embeddings import check_predict, predictions
from tests.support.servers.models.vertex_wire import InvalidRequest, check_count, check_generate

_VERTEX = re.compile(
    r"/(?P<version>v1|v1beta1)/projects/(?P<project>[^/]+)/locations/(?P<location>[a-z0-9-]+)"
    r"/publishers/google/models/(?P<model>[A-Za-z0-9._@-]+):(?P<verb>generateContent|countTokens|predict)"
)
_DEVELOPER = re.compile(r"/(?:v1|v1beta)/models/(?P<model>[A-Za-z0-9._@-]+):(?P<verb>generateContent|countTokens)")


class VertexServer(ModelEndpoint):
    """`token` and `project` admit to Vertex AI's paths, `key` to the developer API's; None admits whoever has one."""

    def __init__(
        self,
        *,
        token: str | None = None,
        project: str | None = None,
        key: str | None = None,
        models: Iterable[str] | None = None,
    ) -> None:
        super().__init__(key)
        self.token, self.project = token, project
        self.models = None if models is None else set(models)

    def named(self, path: str) -> tuple[str, str]:
        """Return the model and the verb of the path."""
        match = _VERTEX.fullmatch(path) or _DEVELOPER.fullmatch(path)
        return (match["model"], match["verb"]) if match else ("", "")

    def admitted(self, method: str, path: str, headers: Message, raw: bytes) -> Any:
        """Return the JSON body of a request that may come in."""
        vertex, developer = _VERTEX.fullmatch(path), _DEVELOPER.fullmatch(path)
        if vertex is None and developer is None:
            page = b"<!DOCTYPE html><html><title>Error 404 (Not Found)!!1</title></html>"
            raise Refusal(Answer(404, page, {"Content-Type": "text/html; charset=UTF-8"}))
        if vertex is not None:
            self._identified(headers, vertex["project"])
        else:
            self._known(headers)
        model, _ = self.named(path)
        if self.models is not None and model not in self.models:
            raise Refusal(answers.error(404, f"Publisher Model `{model}` was not found."))
        if not (headers.get("Content-Type") or "").startswith("application/json"):
            raise Refusal(answers.refused("Content-Type must be application/json."))
        try:
            return json_of(raw)
        except ValueError:
            raise Refusal(answers.refused("Invalid JSON payload received.")) from None

    def listed(self, path: str, headers: Message) -> Answer:
        """Return the models of the developer API; a project has no such list."""
        if path not in ("/v1/models", "/v1beta/models"):
            return answers.error(404, "Method not found.")
        self._known(headers)
        return Answer(
            body={"models": [{"name": f"models/{name}"} for name in sorted(self.models or {"gemini-3.8-flash"})]}
        )

    def _known(self, headers: Message) -> None:
        if (given := headers.get("x-goog-api-key")) is None:
            raise Refusal(answers.error(403, "Method doesn't allow unregistered callers."))
        if self.key is not None and given != self.key:
            raise Refusal(answers.bad_key())

    def _identified(self, headers: Message, project: str) -> None:
        scheme, _, token = (headers.get("Authorization") or "").partition(" ")
        if scheme != "Bearer" or not token or (self.token is not None and token != self.token):
            message = "Request had invalid authentication credentials. Expected OAuth 2 access token."
            raise Refusal(answers.error(401, message))
        if self.project is not None and project != self.project:
            raise Refusal(answers.forbidden())

    def checked(self, path: str, body: Any) -> Mapping[str, Any]:
        """Return the request with canonical names."""
        model, verb = self.named(path)
        try:
            if verb == "countTokens":
                return check_count(body, model, developer=_DEVELOPER.fullmatch(path) is not None)
            return check_predict(body) if verb == "predict" else check_generate(body, model)
        except InvalidRequest as refusal:
            raise Refusal(answers.refused(str(refusal))) from refusal

    def counted(self, path: str, request: Mapping[str, Any]) -> Answer | None:
        """Count a token per four characters begun, which is near enough and easy to check; embed what is asked for.

        A scripted answer comes before vectors, so that they can fail.
        """
        if self.named(path)[1] == "predict" and not self.unused:
            return predictions(request)
        if self.named(path)[1] != "countTokens":
            return None
        messages = [
            *request.get("contents", []),
            *([request["systemInstruction"]] if "systemInstruction" in request else []),
        ]
        characters = sum(len(part.get("text", "")) for message in messages for part in message["parts"])
        tokens = -(-characters // 4)
        details = [{"modality": "TEXT", "tokenCount": tokens}]
        return Answer(
            body={"totalTokens": tokens, "totalBillableCharacters": characters, "promptTokensDetails": details}
        )

    def unscripted(self) -> Answer:
        """Answer when the script is at its end."""
        return answers.error(500, "The script of this server has no answer left.")
