"""``tightlip audit --probe``: what is written and what is heard on this machine's own listeners, told together."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from tests.unit.cli.calling import Heard, call
from tests.unit.reports.schemas import faults
from tests.unit.workflows.audited import TOY, install
from tests.unit.workflows.responder import responding
from tightlip.lab.servers import open_lab
from tightlip.lab.shelf import chosen_talks
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import Exit


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, {"toy": TOY})


@pytest.fixture(scope="module")
def served() -> Iterator[Endpoint]:
    """A practice server that names itself to whoever asks."""
    with open_lab(chosen_talks(["pop3/dovecot22-names-itself-only"])) as lab:
        yield next(each.endpoint for each in lab.served if each.endpoint.security is not Security.IMPLICIT)


def probed(tmp_path: Path, served: Endpoint, mechanisms: str, *words: str) -> Heard:
    """An audit of this machine with a configuration that says this of the practice server's port."""
    main = tmp_path / "toy.conf"
    main.write_text(f"mechanisms = {mechanisms}\naddress = {served.host}\nport = {served.port}\n")
    return call("audit", "--config", f"toy={main}", "--probe", *words)


def findings(heard: Heard) -> list[dict[str, Any]]:
    """The finding records."""
    return [each for each in heard.records if each["record"] == "finding"]


def test_what_is_written_and_heard_is_both(tmp_path: Path, served: Endpoint) -> None:
    """The endpoint's finding has the line that causes it, the setting's has the observation."""
    heard = probed(tmp_path, served, "PLAIN NTLM", "--format", "jsonl")
    assert heard.code == Exit.FINDINGS
    assert faults(heard.records) == []
    observed = {each["id"] for each in heard.records if each["record"] == "observation"}
    both = [each for each in findings(heard) if each["rule"] == "ntlm-discloses-host"]
    assert {each["certainty"] for each in both} == {"both"}
    assert any(each["endpoint"].startswith("pop3://") for each in both)
    for each in both:
        assert [(place["setting"], place["line"]) for place in each["places"]] == [("mechanisms", 1)]
        assert observed & {proof.get("observation") for proof in each["evidence"]}


def test_a_wire_that_says_otherwise_is_a_finding(tmp_path: Path, served: Endpoint) -> None:
    """The files know no NTLM, the server answers it: what runs is not what is written."""
    found = {each["rule"] for each in findings(probed(tmp_path, served, "PLAIN", "--format", "jsonl"))}
    assert {"ntlm-discloses-host", "config-contradicts-wire"} <= found


def test_what_was_heard_is_kept_with_the_run(tmp_path: Path, served: Endpoint) -> None:
    """The store tells the observations again as it does those of a scan."""
    told = probed(tmp_path, served, "PLAIN NTLM", "--format", "jsonl")
    ids = [each["id"] for each in told.records if each["record"] == "observation"]
    again = call("report", "--format", "jsonl").records
    assert sorted(ids) == sorted(each["id"] for each in again if each["record"] == "observation")
    assert ids


def test_a_person_reads_both_and_a_silent_port_is_a_doubt(tmp_path: Path, served: Endpoint) -> None:
    """The verdicts stand between the configuration and the findings; where nothing listens nothing is certain."""
    out = probed(tmp_path, served, "PLAIN NTLM", "--store", "none").out
    assert out.index("toy.conf") < out.index("DISCLOSES") < out.index("ntlm-discloses-host")
    assert max(map(len, out.splitlines())) <= 80
    silent = probed(tmp_path, replace(served, port=1), "PLAIN", "--store", "none", "--format", "jsonl")
    verdicts = {each["verdict"] for each in silent.records if each["record"] == "observation"}
    assert verdicts == {"unreachable"}


def test_what_stands_of_an_earlier_scan_is_no_clean_end(tmp_path: Path) -> None:
    """Asked thoroughly, for a finding of it is known: where it is not proven mended the run says so."""
    with responding() as server:
        endpoint = Endpoint("127.0.85.1", server.port, "pop3", Security.PLAIN)
        assert call("scan", f"pop3+plain://127.0.85.1:{server.port}", "--format", "jsonl").code == Exit.FINDINGS
        server.tls_first = frozenset({"127.0.85.1"})
        heard = probed(tmp_path, endpoint, "PLAIN", "--format", "jsonl")
        assert {each["depth"] for each in heard.records if each["record"] == "observation"} == {"thorough"}
        assert "earlier findings still stand open" in heard.records[-1]["why"]
        server.tls_first, server.mended = frozenset(), frozenset({"127.0.85.1"})
        assert "still stand" not in probed(tmp_path, endpoint, "PLAIN", "--format", "jsonl").records[-1]["why"]
