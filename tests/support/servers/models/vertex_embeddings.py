"""`:predict` of Vertex AI's text embedding models: what a request may hold, and vectors that follow from the texts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

from tests.support.servers.models.model_endpoint import Answer
from tests.support.servers.models.vertex_wire import InvalidRequest

MAX_TEXTS, MAX_TOKENS, MAX_DIMENSIONS = 250, 20_000, 768
TASKS = {
    "RETRIEVAL_QUERY", "RETRIEVAL_DOCUMENT", "SEMANTIC_SIMILARITY", "CLASSIFICATION", "CLUSTERING",
    "QUESTION_ANSWERING", "FACT_VERIFICATION", "CODE_RETRIEVAL_QUERY",
}  # fmt: skip
_INSTANCE = {"content", "task_type", "taskType", "title"}
_PARAMETERS = {"outputDimensionality", "autoTruncate"}


def check_predict(body: Any) -> dict[str, Any]:
    """Return the request; raises InvalidRequest for one the service would not take."""
    if not isinstance(body, Mapping) or not set(body) <= {"instances", "parameters"}:
        raise InvalidRequest("Invalid JSON payload received. Unknown name.")
    instances, parameters = body.get("instances"), body.get("parameters", {})
    if not isinstance(instances, list) or not instances:
        raise InvalidRequest("Empty instances.")
    if len(instances) > MAX_TEXTS:
        raise InvalidRequest(f"{len(instances)} instance(s) is more than {MAX_TEXTS}.")
    for instance in instances:
        if not isinstance(instance, Mapping) or not set(instance) <= _INSTANCE:
            raise InvalidRequest("The instance has a field that is not known.")
        if not isinstance(instance.get("content"), str) or not instance["content"]:
            raise InvalidRequest("The text content is empty.")
        task = instance.get("task_type", instance.get("taskType", "RETRIEVAL_QUERY"))
        if task not in TASKS:
            raise InvalidRequest(f"Unsupported task type {task!r}.")
        if "title" in instance and task != "RETRIEVAL_DOCUMENT":
            raise InvalidRequest("A title is for RETRIEVAL_DOCUMENT alone.")
    if not isinstance(parameters, Mapping) or not set(parameters) <= _PARAMETERS:
        raise InvalidRequest("Unknown parameter.")
    size = parameters.get("outputDimensionality", MAX_DIMENSIONS)
    if not isinstance(size, int) or not 1 <= size <= MAX_DIMENSIONS:
        raise InvalidRequest("outputDimensionality is out of range.")
    tokens = sum(tokens_of(instance["content"]) for instance in instances)
    if tokens > MAX_TOKENS:
        raise InvalidRequest(f"The input token count is {tokens} but the model supports up to {MAX_TOKENS}.")
    return {"instances": instances, "parameters": dict(parameters)}


def tokens_of(text: str) -> int:
    """Return a count as good as any: a token per word."""
    return max(len(text.split()), 1)


def vector_of(text: str, task: str, size: int) -> list[float]:
    """Return numbers that follow from text and task, not scaled to any length."""
    digest = hashlib.sha256(f"{task}\0{text}".encode()).digest()
    return [(digest[at % 32] - 127.5) / 40 + at / 1000 for at in range(size)]


def predictions(request: Mapping[str, Any]) -> Answer:
    """Answer with a vector for each text."""
    size = request["parameters"].get("outputDimensionality", MAX_DIMENSIONS)
    made = []
    for instance in request["instances"]:
        text, task = instance["content"], instance.get("task_type", instance.get("taskType", "RETRIEVAL_QUERY"))
        statistics = {"truncated": tokens_of(text) > 2048, "token_count": tokens_of(text)}
        made.append({"embeddings": {"values": vector_of(text, task, size), "statistics": statistics}})
    characters = sum(len(instance["content"]) for instance in request["instances"])
    return Answer(body={"predictions": made, "metadata": {"billableCharacterCount": characters}})
