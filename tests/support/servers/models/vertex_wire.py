"""The checks that Vertex AI makes of a Gemini request, against the closed list of its fields."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from tests.support.servers.models.vertex_fields import ANY, FLAG, MESSAGES, NUMBER, TEXT, WHOLE, Spec

_ONE_OF_PART = (
    "text",
    "inlineData",
    "fileData",
    "functionCall",
    "functionResponse",
    "executableCode",
    "codeExecutionResult",
)
_SCHEMA_TYPES = {"STRING", "NUMBER", "INTEGER", "BOOLEAN", "ARRAY", "OBJECT", "NULL", "TYPE_UNSPECIFIED"}
_LABEL = re.compile(r"[a-z][a-z0-9_-]{0,62}")
_LABEL_VALUE = re.compile(r"[a-z0-9_-]{0,63}")
_THRESHOLDS = {"BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH", "BLOCK_NONE", "OFF"}
_LEVELS = {"MINIMAL", "LOW", "MEDIUM", "HIGH", "THINKING_LEVEL_UNSPECIFIED"}
MAX_OUTPUT_TOKENS = 65_536


class InvalidRequest(Exception):
    """The service would answer 400 INVALID_ARGUMENT with this message."""


def _camel(name: str) -> str:
    head, *rest = name.split("_")
    return head + "".join(word[:1].upper() + word[1:] for word in rest)


def normalised(value: Any, spec: Spec, where: str = "") -> Any:
    """Return the value with its vendor's field names; refuse unknown names and wrong types. Both cases are JSON."""
    if isinstance(spec, tuple):
        if not isinstance(value, list):
            raise InvalidRequest(f"Invalid value at '{where}': expected a list.")
        return [normalised(item, spec[0], f"{where}[{index}]") for index, item in enumerate(value)]
    if spec.startswith("map:"):
        if not isinstance(value, dict):
            raise InvalidRequest(f"Invalid value at '{where}': expected a map.")
        return {key: normalised(item, spec[4:], f"{where}.{key}") for key, item in value.items()}
    if spec in MESSAGES:
        return _message(value, spec, where)
    _scalar(value, spec, where)
    return value


def _message(value: Any, name: str, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise InvalidRequest(f"Invalid value at '{where}' (type {name}): expected an object.")
    found: dict[str, Any] = {}
    for key, item in value.items():
        field = _camel(key)
        if field not in MESSAGES[name]:
            at = f" at '{where}'" if where else ""
            raise InvalidRequest(f'Invalid JSON payload received. Unknown name "{key}"{at}: Cannot find field.')
        if field in found:
            raise InvalidRequest(f"Invalid JSON payload received. Field '{field}' is set twice.")
        if item is not None:
            found[field] = normalised(item, MESSAGES[name][field], f"{where}.{field}".lstrip("."))
    return found


def _scalar(value: Any, spec: str, where: str) -> None:
    fits = {
        ANY: True,
        TEXT: isinstance(value, str),
        NUMBER: isinstance(value, int | float) and not isinstance(value, bool),
        WHOLE: isinstance(value, int | float) and not isinstance(value, bool) and value == int(value),
        FLAG: isinstance(value, bool),
    }
    if not fits[spec]:
        raise InvalidRequest(f"Invalid value at '{where}': {value!r} is not a {spec}.")


def check_generate(body: Any, model: str) -> dict[str, Any]:
    """Return a generateContent request with canonical names, or refuse it as the service does."""
    request = _message(body, "GenerateContentRequest", "")
    _check_contents(request)
    _check_labels(request.get("labels", {}))
    _check_generation(request.get("generationConfig", {}), model)
    for setting in request.get("safetySettings", []):
        if not setting.get("category", "").startswith("HARM_CATEGORY_") or setting.get("threshold") not in _THRESHOLDS:
            raise InvalidRequest("Invalid value at 'safety_settings': unknown category or threshold.")
    for tool in request.get("tools", []):
        for declaration in tool.get("functionDeclarations", []):
            _check_declaration(declaration)
    return request


def check_count(body: Any, model: str = "", *, developer: bool = False) -> dict[str, Any]:
    """Return a countTokens request with canonical names, or refuse it. The developer API wants all but texts inside."""
    request = _message(body, "CountTokensRequest", "")
    whole = request.pop("generateContentRequest", None)
    if whole is not None and not developer:
        raise InvalidRequest('Invalid JSON payload received. Unknown name "generateContentRequest": Cannot find field.')
    if developer and (foreign := sorted(set(request) - {"contents"})):
        raise InvalidRequest(f'Invalid JSON payload received. Unknown name "{foreign[0]}": Cannot find field.')
    if whole is not None:
        if whole.pop("model", None) != f"models/{model}" or request:
            raise InvalidRequest("generate_content_request must name the model of the path, and stand alone.")
        request = _message(whole, "GenerateContentRequest", "generate_content_request")
    if "instances" not in request:
        _check_contents(request)
    return request


def _check_contents(request: Mapping[str, Any]) -> None:
    contents = request.get("contents")
    if not contents:
        raise InvalidRequest("Model input cannot be empty.")
    for content in contents:
        if content.get("role") not in ("user", "model"):
            raise InvalidRequest("Please use a valid role: user, model.")
    for content in [*contents, *([request["systemInstruction"]] if "systemInstruction" in request else [])]:
        if not content.get("parts"):
            raise InvalidRequest("Unable to submit request because it must include at least one parts field.")
        for part in content["parts"]:
            if sum(name in part for name in _ONE_OF_PART) != 1:
                raise InvalidRequest("required oneof field 'data' must have one initialized field")
            if part.get("text") == "":
                raise InvalidRequest("Unable to submit request because it has an empty text parameter.")
    _check_calls(contents)


def _check_calls(contents: list[dict[str, Any]]) -> None:
    """Refuse calls without a signature, and results that are not those of the calls right before them."""
    for before, content in zip([{"parts": []}, *contents], contents, strict=False):
        asked = [part["functionCall"]["name"] for part in before["parts"] if "functionCall" in part]
        told = [part["functionResponse"]["name"] for part in content["parts"] if "functionResponse" in part]
        if asked != told:
            raise InvalidRequest(
                "Please ensure that the number of function response parts is equal to the number of function call "
                "parts of the function call turn."
            )
        calls = [part for part in content["parts"] if "functionCall" in part]
        if calls and not calls[0].get("thoughtSignature"):
            raise InvalidRequest("Function call is missing a thought_signature in functionCall parts.")


def _check_labels(labels: Mapping[str, str]) -> None:
    if len(labels) > 64:
        raise InvalidRequest("At most 64 labels are allowed.")
    for key, value in labels.items():
        if not _LABEL.fullmatch(key) or not _LABEL_VALUE.fullmatch(value):
            raise InvalidRequest(f"Invalid label: {key}={value}")


def _check_generation(config: Mapping[str, Any], model: str) -> None:
    if not 1 <= config.get("maxOutputTokens", 1) <= MAX_OUTPUT_TOKENS:
        raise InvalidRequest(f"max_output_tokens must be between 1 and {MAX_OUTPUT_TOKENS}.")
    if not 0 <= config.get("temperature", 0) <= 2:
        raise InvalidRequest("temperature must be between 0 and 2.")
    if not 0 <= config.get("topP", 0) <= 1:
        raise InvalidRequest("top_p must be between 0 and 1.")
    mime = config.get("responseMimeType", "text/plain")
    if mime not in ("text/plain", "application/json", "text/x.enum"):
        raise InvalidRequest(f"Unsupported response_mime_type: {mime}")
    shapes = [name for name in ("responseSchema", "responseJsonSchema") if name in config]
    if len(shapes) == 2:
        raise InvalidRequest("Only one of response_schema and response_json_schema may be set.")
    if shapes and mime == "text/plain":
        raise InvalidRequest("A response schema needs response_mime_type application/json.")
    if "responseSchema" in config:
        _check_schema(config["responseSchema"], "generation_config.response_schema")
    if "responseJsonSchema" in config and not isinstance(config["responseJsonSchema"], dict):
        raise InvalidRequest("response_json_schema must be an object.")
    _check_thinking(config.get("thinkingConfig", {}), model)


def _check_thinking(thinking: Mapping[str, Any], model: str) -> None:
    if "thinkingBudget" in thinking and "thinkingLevel" in thinking:
        raise InvalidRequest("Only one of thinking_budget and thinking_level may be set.")
    if "thinkingBudget" in thinking and model.startswith("gemini-4"):
        raise InvalidRequest(f"thinking_budget is not supported by {model}; use thinking_level.")
    if thinking.get("thinkingLevel", "").upper() == "MINIMAL" and "flash-lite" not in model:
        raise InvalidRequest(f"Thinking level MINIMAL is not supported by {model}.")
    if thinking.get("thinkingLevel", "LOW").upper() not in _LEVELS:
        raise InvalidRequest(f"Invalid value at thinking_level: {thinking['thinkingLevel']}")


def _check_schema(schema: Mapping[str, Any], where: str) -> None:
    if "type" in schema and schema["type"].upper() not in _SCHEMA_TYPES:
        raise InvalidRequest(f"Invalid value at '{where}.type': {schema['type']}")
    if schema.get("type", "").upper() == "ARRAY" and "items" not in schema:
        raise InvalidRequest(f"{where}.items: missing field.")
    for name in schema.get("required", []):
        if name not in schema.get("properties", {}):
            raise InvalidRequest(f"{where}.required: property is not defined: {name}")
    for name, inner in schema.get("properties", {}).items():
        _check_schema(inner, f"{where}.properties[{name}]")
    if "items" in schema:
        _check_schema(schema["items"], f"{where}.items")
    for index, inner in enumerate(schema.get("anyOf", [])):
        _check_schema(inner, f"{where}.any_of[{index}]")


def _check_declaration(declaration: Mapping[str, Any]) -> None:
    if not re.fullmatch(r"[A-Za-z_][A-Za-z0-9_.:-]{0,127}", declaration.get("name", "")):
        raise InvalidRequest(f"Invalid function name: {declaration.get('name')!r}")
    if "parameters" in declaration and "parametersJsonSchema" in declaration:
        raise InvalidRequest("Only one of parameters and parameters_json_schema may be set.")
    if "parameters" in declaration:
        _check_schema(declaration["parameters"], f"function {declaration['name']}")
