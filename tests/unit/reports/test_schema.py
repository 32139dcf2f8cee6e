"""The published schemas: every record keeps them, and they know every key and word the records use."""

import pytest
from jsonschema import Draft202012Validator

from tests.unit.reports.hostile import HOSTILE
from tests.unit.reports.hosts import ALL
from tests.unit.reports.rendering import records
from tests.unit.reports.schemas import SCHEMAS, faults, undescribed
from tightlip.model.facts import Door
from tightlip.model.finding import FindingState, RemediationKind, Severity
from tightlip.model.observation import Ending, Source
from tightlip.model.posture import NoteKind
from tightlip.model.run import Unasked
from tightlip.model.verdict import Reason, Verdict


def test_one_schema_for_each_kind_of_record() -> None:
    """Those of reports, a run's progress, and a listening socket; nothing else is published."""
    assert set(SCHEMAS) == {"observation", "finding", "summary", "status", "listener", "posture"}


@pytest.mark.parametrize("name", sorted(SCHEMAS))
def test_the_schema_is_one(name: str) -> None:
    """It is valid JSON Schema 2020-12."""
    Draft202012Validator.check_schema(SCHEMAS[name])


def test_every_record_keeps_its_schema() -> None:
    """The records of all example hosts, the hostile one too."""
    assert faults(records([*ALL, HOSTILE])) == []


def test_the_schema_notices_a_missing_key() -> None:
    """A record without its verdict is no observation."""
    record = records(ALL)[0]
    del record["verdict"]
    assert not Draft202012Validator(SCHEMAS["observation"]).is_valid(record)


def test_a_key_that_is_not_published_is_noticed() -> None:
    """Whatever a script finds in a record, the schema describes."""
    record = records(ALL)[0] | {"surprise": 1}
    assert undescribed(record, SCHEMAS["observation"], "observation") == ["observation.surprise"]


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
        ("finding", ("remediations", "items", "properties", "kind"), RemediationKind),
        ("summary", ("not_asked", "items", "properties", "why"), Unasked),
        ("summary", ("verdicts", "propertyNames"), Verdict),
        ("status", ("verdicts", "propertyNames"), Verdict),
        ("posture", ("notes", "items", "properties", "kind"), NoteKind),
    ],
)
def test_closed_lists_agree_with_the_model(schema: str, path: tuple[str, ...], words: type[Verdict]) -> None:
    """A word added to the model is added to the schema."""
    part = SCHEMAS[schema]["properties"]
    for step in path:
        part = part[step]
    assert set(part["enum"]) == {str(word) for word in words}
