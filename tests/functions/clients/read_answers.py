"""Read answers with the models made of the API's description; `test_api_clients` runs it, beside those models.

In: the fields of each schema by its name, and a list of [name of the schema, answer]. Out: the schemas whose model has
other fields, which is how two of one name show, and for each answer null, or the places that do not fit.
"""

from __future__ import annotations

import importlib
import json
import sys

models = importlib.import_module("models")
invalid = importlib.import_module("pydantic").ValidationError


def find_misfits(name: str, answer: object) -> list[str] | None:
    """Return where the answer does not fit the model of this name; None where it does."""
    try:
        getattr(models, name).model_validate_json(json.dumps(answer))
    except invalid as error:
        return [".".join(map(str, each["loc"])) for each in error.errors()]
    return None


def has_fields(name: str, fields: list[str]) -> bool:
    """Return whether the model of this name has these fields and no others."""
    known = getattr(getattr(models, name, None), "model_fields", {})
    return {field.alias or own for own, field in known.items()} == set(fields)


given = json.load(sys.stdin)
others = [name for name, fields in given["fields"].items() if not has_fields(name, fields)]
json.dump([others, [find_misfits(name, answer) for name, answer in given["answers"]]], sys.stdout)
