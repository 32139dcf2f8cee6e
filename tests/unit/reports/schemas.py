"""The published schemas, and what a record may have against them."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from jsonschema import Draft202012Validator

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "schema"
SCHEMAS: dict[str, Any] = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}


def faults(records: Iterable[dict[str, Any]]) -> list[str]:
    """What these records have against the schemas that they name, keys that no schema describes among it."""
    return [fault for record in records for fault in _faults(record, SCHEMAS[record["record"]])]


def _faults(record: dict[str, Any], schema: dict[str, Any]) -> list[str]:
    errors = Draft202012Validator(schema).iter_errors(record)
    broken = [f"{record['record']}{error.json_path[1:]}: {error.message}" for error in errors]
    return broken + undescribed(record, schema, record["record"])


def undescribed(value: Any, schema: dict[str, Any], path: str) -> list[str]:
    """Paths of keys that ``schema`` has no property for; open maps (counts by name) are described as a whole."""
    if isinstance(value, list):
        return [each for item in value for each in undescribed(item, schema.get("items", {}), f"{path}[]")]
    if not isinstance(value, dict) or "additionalProperties" in schema:
        return []
    known = schema.get("properties", {})
    strangers = [f"{path}.{key}" for key in value if key not in known]
    inner = [each for key in value if key in known for each in undescribed(value[key], known[key], f"{path}.{key}")]
    return strangers + inner
