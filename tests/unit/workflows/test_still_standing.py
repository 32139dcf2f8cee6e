"""What a scan's last line says of findings that earlier runs left open, and this one neither found nor closed."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.unit.workflows.responder import Responder, responding
from tests.unit.workflows.running import scan, tightlip
from tightlip.model.errors import Exit

HOST = "127.0.86.1"


@pytest.fixture
def responder(tmp_path: Path) -> Iterator[Responder]:
    """One that named itself in a run before, and now wants TLS before any login."""
    with responding() as answering:
        assert scan(tmp_path, target(answering)).code == Exit.FINDINGS
        answering.tls_first = frozenset({HOST})
        yield answering


def target(responder: Responder) -> str:
    """Its state without TLS alone."""
    return f"pop3+plain://{HOST}:{responder.port}"


def test_a_finding_that_was_not_closed_is_a_doubt(tmp_path: Path, responder: Responder) -> None:
    """TLS first proves nothing alone: the finding stands, and exit code 4 says so, in the report told again as well."""
    standing = tightlip(tmp_path, "findings", "--format", "jsonl").records
    counted = sum(each["severity"] != "info" for each in standing)
    told = scan(tmp_path, target(responder), "--thorough")
    assert set(told.verdicts) == {(f"pop3://{HOST}:{responder.port}", HOST, "clean")}
    assert (told.code, told.summary["why"]) == (Exit.DOUBT, f"{counted} earlier findings still stand open")
    again = tightlip(tmp_path, "report", "--format", "jsonl").records[-1]
    assert (again["exit"], again["why"]) == (Exit.DOUBT, told.summary["why"])


def test_a_finding_of_another_endpoint_is_none_of_its_business(tmp_path: Path, responder: Responder) -> None:
    """Only what was asked counts."""
    responder.mended = frozenset({"127.0.86.2"})
    told = scan(tmp_path, f"pop3+plain://127.0.86.2:{responder.port}")
    assert (told.code, told.summary["why"]) == (Exit.OK, "nothing found, nothing in doubt")


@pytest.mark.parametrize("depth", [(), ("--thorough",)])
def test_a_port_that_speaks_another_protocol_now_keeps_its_findings(
    tmp_path: Path, responder: Responder, depth: tuple[str, ...]
) -> None:
    """It was found by its number: what stands of its POP3 is of the same port, however clean its SMTP is."""
    responder.smtp_now = frozenset({HOST})
    told = scan(tmp_path, f"{HOST}:{responder.port}", *depth)
    assert (f"smtp://{HOST}:{responder.port}", HOST, "clean") in set(told.verdicts)
    assert told.code == Exit.DOUBT
    assert told.summary["why"].endswith(" earlier findings still stand open")


def test_without_a_store_nothing_earlier_is_known(tmp_path: Path, responder: Responder) -> None:
    """The run alone decides."""
    told = scan(tmp_path, target(responder), "--store", "none")
    assert (told.code, told.summary["why"]) == (Exit.OK, "nothing found, nothing in doubt")


def test_what_is_closed_or_accepted_does_not_count(tmp_path: Path, responder: Responder) -> None:
    """A refusal for good closes all of them; before it an acceptance lets them stand."""
    for each in tightlip(tmp_path, "findings", "--format", "jsonl").records:
        tightlip(tmp_path, "accept", each["id"], "--reason", "known", "--until", "2999-12-31", "--by", "x")
    assert scan(tmp_path, target(responder), "--thorough").code == Exit.OK
    responder.tls_first, responder.mended = frozenset(), frozenset({HOST})
    assert scan(tmp_path, target(responder), "--thorough").code == Exit.OK
