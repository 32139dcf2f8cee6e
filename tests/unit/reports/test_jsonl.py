"""JSON Lines: the contract's records, written as they become known, safe to show."""

from collections.abc import Iterator
from hashlib import sha256

from tests.unit.reports.examples import RUN_ID, VERSION, clean, report_of
from tests.unit.reports.hostile import HOSTILE, TURNED
from tests.unit.reports.hosts import CLEAN_TLS, EXCHANGE_LEAK, OFFERS, SAMBA_LEAK, SILENT
from tests.unit.reports.rendering import FORMATS, PLAIN, records, rendered
from tightlip.reports._report import Entry


def test_an_entry_is_written_before_the_next_is_awaited() -> None:
    """A scan in progress is reported as it goes: one piece leaves for each entry that has come in."""
    taken = 0

    def scan() -> Iterator[Entry]:
        nonlocal taken
        for position in range(3):
            taken += 1
            yield clean(position, f"host{position}.example.org")

    pieces = FORMATS["jsonl"].render(report_of(scan()), PLAIN)
    seen = [(f"//host{position}.example.org" in next(pieces), taken) for position in range(3)]
    assert seen == [(True, 1), (True, 2), (True, 3)]


def test_records_come_as_observation_findings_summary() -> None:
    """Each observation is followed by its findings, and the summary closes."""
    kinds = [record["record"] for record in records([EXCHANGE_LEAK, CLEAN_TLS])]
    assert kinds == ["observation", *["finding"] * 4, "observation", "summary"]


def test_an_observation_says_what_the_contract_promises() -> None:
    """The keys of the contract, with the values of an Exchange server that leaks."""
    observation = records([EXCHANGE_LEAK])[0]
    assert observation["endpoint"] == "pop3://mail.example.org:110"
    assert observation["time"] == "2026-12-04T09:00:00Z"
    assert (observation["verdict"], observation["reason"]) == ("discloses", "names")
    assert observation["tls"] is None
    assert observation["ntlm"] == {
        "advertised": True,
        "accepted": True,
        "via": ["auth"],
        "implementation": "windows",
        "fields": {
            "target_name": "CORP",
            "netbios_computer_name": "EX01",
            "netbios_domain_name": "CORP",
            "dns_computer_name": "ex01.corp.example.org",
            "dns_domain_name": "corp.example.org",
            "dns_tree_name": "example.org",
            "product_version": "10.0.17763",
            "product": "Windows 10 1809, Server 2019 or Server 1809",
            "system_time": "2026-12-04T09:00:00Z",
        },
        "oddities": [],
    }


def test_absent_fields_are_left_out() -> None:
    """Samba names no forest and no release: the keys are missing, not null."""
    fields = records([SAMBA_LEAK])[0]["ntlm"]["fields"]
    assert set(fields) == {
        "target_name",
        "netbios_computer_name",
        "netbios_domain_name",
        "dns_computer_name",
        "product_version",
        "system_time",
    }


def test_an_oddity_has_name_detail_and_offset() -> None:
    """What the challenge did wrong is in ``oddities``."""
    oddities = records([SAMBA_LEAK])[0]["ntlm"]["oddities"]
    assert oddities == [{"name": "empty_name", "detail": "DNS domain name", "offset": 98}]


def test_ntlm_is_an_object_even_where_nothing_was_heard() -> None:
    """A port that refused the connection has ``ntlm`` with nothing in it, and no TLS."""
    observation = records([SILENT])[0]
    nothing = {"advertised": False, "accepted": False, "via": [], "implementation": "unknown"}
    assert observation["ntlm"] == nothing | {"fields": {}, "oddities": []}
    assert observation["tls"] is None
    assert observation["mechanisms"] == []


def test_accepted_and_disclosing_are_two_things() -> None:
    """Exim's empty challenge: accepted, nothing in ``fields``."""
    ntlm = records([OFFERS])[0]["ntlm"]
    assert (ntlm["accepted"], ntlm["fields"], ntlm["implementation"]) == (True, {}, "exim")


def test_tls_facts() -> None:
    """Version, cipher and certificate as the contract has them."""
    assert records([CLEAN_TLS])[0]["tls"] == {
        "version": "TLSv1.3",
        "cipher": "TLS_AES_256_GCM_SHA384",
        "subject_names": ["files.example.org", "*.files.example.org"],
        "issuer": "CN=Example CA",
        "not_after": "2027-03-01T12:00:00Z",
        "self_signed": False,
        "name_matches": True,
    }


def test_a_finding_points_to_its_observation() -> None:
    """Evidence that was heard names the observation it was heard in; the id is that of rule and subject."""
    heard, found = records([EXCHANGE_LEAK])[:2]
    assert found["id"] == sha256(b"ntlm-discloses-host\npop3://mail.example.org:110").hexdigest()[:16]
    assert found["evidence"][0] == {"observation": heard["id"], "text": "netbios_computer_name: EX01"}
    assert (found["state"], found["severity"], found["certainty"]) == ("open", "medium", "heard")


def test_the_summary_says_who_asked_what_from_where_and_when() -> None:
    """Tool version, run, scope entry, source address, start, end, and what was not asked and why."""
    summary = records([])[-1]
    assert (summary["version"], summary["run"], summary["source"]) == (VERSION, RUN_ID, "192.0.2.99")
    assert (summary["started"], summary["ended"]) == ("2026-12-04T09:00:00Z", "2026-12-04T09:00:12.500000Z")
    assert summary["scope"][0]["by"] == "Anna Admin"
    assert summary["not_asked"][0]["why"] == "out_of_scope"
    assert (summary["exit"], summary["why"]) == (1, "3 open findings")


def test_peer_text_survives_and_cannot_steer_a_terminal() -> None:
    """The values are the peer's own, raw; the text of the file holds no control or bidi character."""
    text = rendered("jsonl", report_of([HOSTILE]))
    assert {char for char in text if not char.isprintable()} == {"\n"}
    assert TURNED in records([HOSTILE])[0]["detail"]
