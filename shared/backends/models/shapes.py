"""The shape of an answer as vendors take it, and back: their schema modes know less than JSON Schema does.

A shape on the wire is flat (no references), closed, and has neither ranges nor lengths: those are told in words and
checked by whoever asked (integrations: provider-neutral rules). What cannot be closed travels as JSON text. Where
nothing is enforced the shape is told in words instead, and there an open object is one.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from shared.core.models.model_errors import InvalidOutput

Json = Mapping[str, Any]

_TOLD = (
    *("minLength", "maxLength", "pattern", "format", "default", "multipleOf"),
    *("minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "minItems", "maxItems", "uniqueItems"),
)
_SCALARS = frozenset({"string", "number", "integer", "boolean", "null"})
_OPEN = "x-open"  # only in our own form: what any JSON may be put into


def flat(schema: Json) -> dict[str, Any]:
    """Return our own form of a JSON schema: references put in place, `const` and `oneOf` as their plainer kin."""
    return _flat(schema, schema.get("$defs") or {}, ())


def is_open(shape: Json) -> bool:
    """Say whether the shape holds nothing that a vendor could enforce."""
    return bool(shape.get(_OPEN)) or not shape


def wire(shape: Json, *, all_required: bool = False) -> dict[str, Any]:
    """Return the schema a vendor is sent. `all_required`: what may be left out becomes what may be null."""
    if is_open(shape):
        what = "One JSON object" if shape.get(_OPEN) == "object" else "Any JSON value"
        return {"type": "string", "description": f"{shape.get('description', '')} {what}, written as text.".strip()}
    if "anyOf" in shape:
        return {**_words(shape), "anyOf": [wire(each, all_required=all_required) for each in shape["anyOf"]]}
    if shape.get("type") == "array":
        return {**_words(shape), "type": "array", "items": wire(shape["items"], all_required=all_required)}
    if shape.get("type") != "object":
        return dict(shape)
    needed = list(shape["required"])
    members = {name: wire(each, all_required=all_required) for name, each in shape["properties"].items()}
    if all_required:
        members = {name: each if name in needed else _allow_null(each) for name, each in members.items()}
        needed = list(members)
    return {
        **_words(shape),
        "type": "object",
        "properties": members,
        "required": needed,
        "additionalProperties": False,
    }


def describe_shape(shape: Json) -> str:
    """Return the shape as words, for a model whose server enforces nothing: JSON Schema, as short as it can be."""
    return json.dumps(_plain(shape), ensure_ascii=False, separators=(",", ":"))


def read(shape: Json, value: Any) -> Any:
    """Return an answer in the form that was asked for: texts opened, nulls that only stand for "left out" dropped.

    Raises InvalidOutput where a text that should hold JSON does not; anything else is for the asker to check.
    """
    if is_open(shape):
        return _parse_open(shape, value)
    if "anyOf" in shape:
        return read(_fitting(shape["anyOf"], value), value)
    if shape.get("type") == "array" and isinstance(value, list):
        return [read(shape["items"], each) for each in value]
    if shape.get("type") != "object" or not isinstance(value, Mapping):
        return value
    members = shape["properties"]
    return {
        name: read(members[name], each) if name in members else each
        for name, each in value.items()
        if not (each is None and name in members and name not in shape["required"] and not _nullable(members[name]))
    }


def _plain(shape: Json) -> dict[str, Any]:
    if is_open(shape):
        return {**_words(shape), **({"type": "object"} if shape.get(_OPEN) == "object" else {})}
    if "anyOf" in shape:
        return {**_words(shape), "anyOf": [_plain(each) for each in shape["anyOf"]]}
    if shape.get("type") == "array":
        return {**_words(shape), "type": "array", "items": _plain(shape["items"])}
    if shape.get("type") != "object":
        return dict(shape)
    members = {name: _plain(each) for name, each in shape["properties"].items()}
    return {**_words(shape), "type": "object", "properties": members, "required": list(shape["required"])}


def _flat(node: Any, defs: Json, above: tuple[str, ...]) -> dict[str, Any]:
    if not isinstance(node, Mapping):
        return {_OPEN: "any"}
    if "$ref" in node:
        name = str(node["$ref"]).rpartition("/")[2]
        if name in above or name not in defs:  # endless: no vendor takes it everywhere
            return {_OPEN: "object", **_describe_node(node)}
        return _flat({**defs[name], **{key: each for key, each in node.items() if key != "$ref"}}, defs, (*above, name))
    if len(node.get("allOf") or ()) == 1:
        rest = {key: each for key, each in node.items() if key != "allOf"}
        return _flat({**node["allOf"][0], **rest}, defs, above)
    choices = node.get("anyOf") or node.get("oneOf")
    if choices:
        return {**_describe_node(node), "anyOf": [_flat(each, defs, above) for each in choices]}
    if "const" in node:
        return {**_describe_node(node), "type": _type_of(node["const"]), "enum": [node["const"]]}
    if isinstance(node.get("type"), list):
        plain = {key: each for key, each in node.items() if key not in ("description", *_TOLD)}
        return {
            **_describe_node(node),
            "anyOf": [_flat(_keep_fitting_values({**plain, "type": each}), defs, above) for each in node["type"]],
        }
    return _flatten_typed(node, defs, above)


def _flatten_typed(node: Json, defs: Json, above: tuple[str, ...]) -> dict[str, Any]:
    kind = node.get("type")
    if kind == "array":
        places = node.get("prefixItems")  # of a tuple: each value is of one of these kinds
        items = {"anyOf": places} if places else node.get("items")
        return {**_describe_node(node), "type": "array", "items": _flat(items, defs, above)}
    if kind == "object" or "properties" in node:
        if not node.get("properties") and node.get("additionalProperties") is not False:
            return {_OPEN: "object", **_describe_node(node)}
        members = {name: _flat(each, defs, above) for name, each in (node.get("properties") or {}).items()}
        required = [name for name in node.get("required") or () if name in members]
        return {**_describe_node(node), "type": "object", "properties": members, "required": required}
    if "enum" in node:
        kinds = list(dict.fromkeys(map(_type_of, node["enum"])))
        if kind or len(kinds) == 1:
            return {**_describe_node(node), "type": kind or kinds[0], "enum": list(node["enum"])}
        return {
            **_describe_node(node),
            "anyOf": [_keep_fitting_values({"type": each, "enum": node["enum"]}) for each in kinds],
        }
    if kind in _SCALARS:
        return {**_describe_node(node), "type": kind}
    return {_OPEN: "any", **_describe_node(node)}


def _keep_fitting_values(node: dict[str, Any]) -> dict[str, Any]:
    """Return the node with those of its values alone that are of its type: vendors refuse others."""
    if "enum" not in node:
        return node
    fits = [
        each for each in node["enum"] if _type_of(each) in (node["type"], "integer" if node["type"] == "number" else "")
    ]
    return {**node, "enum": fits}


def _describe_node(node: Json) -> dict[str, Any]:
    """Return the description, with the limits no vendor enforces said in words."""
    limits = ", ".join(f"{name} {json.dumps(node[name], ensure_ascii=False)}" for name in _TOLD if name in node)
    text = f"{node.get('description', '')} ({limits})" if limits else str(node.get("description", ""))
    return {"description": text.strip()} if text.strip() else {}


def _words(shape: Json) -> dict[str, Any]:
    return {"description": shape["description"]} if "description" in shape else {}


def _allow_null(schema: dict[str, Any]) -> dict[str, Any]:
    if "anyOf" in schema:
        has = any(each.get("type") == "null" for each in schema["anyOf"])
        return schema if has else {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if schema.get("type") == "null":
        return schema
    inner = {key: each for key, each in schema.items() if key != "description"}
    return {**_words(schema), "anyOf": [inner, {"type": "null"}]}


def _nullable(shape: Json) -> bool:
    choices = shape.get("anyOf") or [shape]
    return any(each.get("type") == "null" or each.get(_OPEN) == "any" for each in choices)


def _parse_open(shape: Json, value: Any) -> Any:
    if not isinstance(value, str):
        return value  # a server that enforces nothing may well send the value itself
    try:
        found = json.loads(value)
    except (ValueError, RecursionError) as error:
        if shape.get(_OPEN) == "any":
            return value
        raise InvalidOutput(f"a text that must hold one JSON object does not: {error}") from error
    if shape.get(_OPEN) == "object" and not isinstance(found, dict):
        raise InvalidOutput("a text that must hold one JSON object holds something else")
    return found


def _fitting(choices: list[Json], value: Any) -> Json:
    """Return the first alternative of the value's own kind; of several objects the one that shares most names."""
    kind = _type_of(value)
    fits = [each for each in choices if each.get("type") == kind]
    if kind == "object" and fits:
        return max(
            fits, key=lambda each: (not _has_contradiction(each, value), len(set(each["properties"]) & set(value)))
        )
    return next(iter([*fits, *(each for each in choices if is_open(each))]), choices[0])


def _has_contradiction(shape: Json, value: Json) -> bool:
    """Say whether a member's value is none of those listed for it: the word that tells alternatives apart."""
    listed = {name: each["enum"] for name, each in shape["properties"].items() if "enum" in each}
    return any(name in value and value[name] not in allowed for name, allowed in listed.items())


def _type_of(value: Any) -> str:
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array", type(None): "null"}
    return names.get(type(value), "object")
