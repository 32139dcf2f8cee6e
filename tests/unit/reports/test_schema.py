"""The published schemas: every record keeps them, and they know every key and word the records use."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from tests.unit.reports.hostile import HOSTILE
from tests.unit.reports.hosts import ALL
from tests.unit.reports.rendering import records
from tightlip.model.facts import Door
from tightlip.model.finding import FindingState, Severity
from tightlip.model.observation import Ending, Source
from tightlip.model.run import Unasked
from tightlip.model.verdict import Reason, Verdict

FOLDER = Path(__file__).resolve().parents[3] / "docs" / "schema"
SCHEMAS: dict[str, Any] = {path.stem: json.loads(path.read_text()) for path in FOLDER.glob("*.json")}


def test_one_schema_for_each_kind_of_record() -> None:
    """Observation, finding and summary; nothing else is published."""
    assert set(SCHEMAS) == {"observation", "finding", "summary"}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_schema_is_one(name: str) -> None:
    """It is valid JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_record_keeps_its_schema() -> None:
    """The records of all example hosts, the hostile one too."""
    errors = [
        (record["record"], error.json_path, error.message)
        for record in records([*ALL, HOSTILE])
        for error in Draft202012Validator(SCHEMAS[record["record"]]).iter_errors(record)
    ]
    assert errors == []


def test_the_schema_notices_a_missing_key() -> None:
    """A record without its verdict is no observation."""
    record = records(ALL)[0]
    del record["verdict"]
    assert not Draft202012Validator(SCHEMAS["observation"]).is_valid(record)


def test_no_record_has_a_key_that_is_not_published() -> None:
    """Whatever a script finds in a record, the schema describes."""
    unknown = {
        path
        for record in records([*ALL, HOSTILE])
        for path in undescribed(record, SCHEMAS[record["record"]], record["record"])
    }
    assert unknown == set()


@pytest.mark.parametrize(
    ("schema", "path", "words"),
    [
        ("observation", ("ending",), Ending),
        ("observation", ("reason",), Reason),
        ("observation", ("verdict",), Verdict),
        ("observation", ("source",), Source),
        ("observation", ("ntlm", "properties", "via", "items"), Door),
        ("finding", ("severity",), Severity),
        ("finding", ("state",), FindingState),
        ("summary", ("not_asked", "items", "properties", "why"), Unasked),
        ("summary", ("verdicts", "propertyNames"), Verdict),
    ],
)
def test_closed_lists_agree_with_the_model(schema: str, path: tuple[str, ...], words: type[Verdict]) -> None:
    """A word added to the model is added to the schema."""
    part = SCHEMAS[schema]["properties"]
    for step in path:
        part = part[step]
    assert set(part["enum"]) == {str(word) for word in words}


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
