"""An audit of one host: what is found and read, what is asked of a live host only, and whose fault a failure is."""

from collections.abc import Generator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID
from msgspec.structs import replace

from tests.unit.workflows.audited import MAIN, TOY, DictHost, install
from tightlip.hosts._host import Reach
from tightlip.hosts._only import OnlyFiles
from tightlip.model.finding import Certainty, Place
from tightlip.model.posture import NoteKind
from tightlip.products._product import Answer, Files, Instance, Process, ReadFile, Request
from tightlip.workflows.auditing import Audit, audit
from tightlip.workflows.surveying import Wanted

ALL = Wanted()


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, {"toy": TOY})


def leaking(**files: bytes) -> DictHost:
    """A copied host whose included file has NTLM in it."""
    return DictHost(
        files={MAIN: b"mechanisms = PLAIN\ninclude = /etc/toy/conf.d/*.conf\n"}
        | {"/etc/toy/conf.d/auth.conf": b"# ours\nmechanisms = PLAIN NTLM\n"}
        | {f"/etc/toy/{name}": content for name, content in files.items()}
    )


def notes(done: Audit) -> list[tuple[NoteKind, str, int | None]]:
    """The notes of all instances without their words."""
    return [(note.kind, note.file, note.line) for posture in done.postures for note in posture.notes]


def test_the_line_that_takes_effect_is_named() -> None:
    """Through the include, in a file of the host's own path; certain as far as it is written."""
    done = audit(leaking(), ALL)
    ntlm = next(finding for finding in done.findings if finding.rule == "ntlm-offered" or "ntlm" in finding.rule)
    assert ntlm.places == (Place("/etc/toy/conf.d/auth.conf", 2, "mechanisms", "PLAIN NTLM"),)
    assert (ntlm.certainty, done.host, done.faults, done.doubts) == (Certainty.WRITTEN, "mail1", (), 0)


def test_a_host_without_any_product_has_nothing_to_say() -> None:
    """No instance, no finding, no fault."""
    done = audit(DictHost(files={"/etc/motd": b"hello"}), ALL)
    assert (done.instances, done.findings, done.faults) == ((), (), ())


def test_of_usual_places_the_first_is_taken_and_the_others_are_noted() -> None:
    """As the product itself would look; a second one may be what is meant, and may leak: a doubt."""
    host = DictHost(files={MAIN: b"# nothing\n", "/usr/local/etc/toy/toy.conf": b"mechanisms = NTLM\n"})
    done = audit(host, ALL)
    assert [each.files.instance.config for each in done.instances] == [MAIN]
    assert notes(done) == [(NoteKind.UNREAD, "/usr/local/etc/toy/toy.conf", None)]
    assert done.doubts == 1
    both = DictHost(files=dict(host.files) | {MAIN: b"include = /usr/local/etc/toy/toy.conf\n"})
    assert notes(audit(both, ALL)) == []


def test_where_it_runs_the_processes_say_where_the_files_are() -> None:
    """Each configuration once, whatever lies at the usual place."""
    running = tuple(
        Process(pid, argv)
        for pid, argv in [
            (10, ("toyd", "-c", "/srv/a.conf")),
            (11, ("toyd", "-c", "/srv/a.conf")),
            (12, ("toyd", "-c", "/srv/b.conf")),
            (13, ("other", "-c", "/srv/c.conf")),
            (14, ()),
        ]
    )
    files = dict.fromkeys((MAIN, "/srv/a.conf", "/srv/b.conf", "/srv/c.conf"), b"mechanisms = PLAIN\n")
    done = audit(DictHost(files=files, reach=Reach.LIVE, running=running), ALL)
    found = [(each.files.instance.config, each.files.instance.pid) for each in done.instances]
    assert found == [("/srv/a.conf", 10), ("/srv/b.conf", 12)]


def test_a_stranger_s_process_names_no_file_of_his_own(tmp_path: Path) -> None:
    """The product's own commands would read it with our rights; a file of root's may be named by anybody."""
    shared = tmp_path / "evil.conf"
    shared.write_text("")
    shared.chmod(0o666)
    files = {str(shared): b"mechanisms = NTLM\n", MAIN: b"# nothing\n", "/etc/passwd": b""}
    running = tuple(
        Process(number, ("toyd", "-c", path), foreign=True)
        for number, path in enumerate([str(shared), "/no/such/file", "/etc/passwd"], 10)
    )
    done = audit(DictHost(files=files, reach=Reach.LIVE, running=running), ALL)
    assert [each.files.instance.config for each in done.instances] == [MAIN, "/etc/passwd"]
    assert [each.instance.config for each in done.left_out] == [str(shared), "/no/such/file"]


def test_a_main_file_that_is_given_is_the_one() -> None:
    """Instead of what runs and what lies at the usual place; if it runs, it keeps its process."""
    files = {MAIN: b"# nothing\n", "/srv/a.conf": b""}
    host = DictHost(files=files, reach=Reach.LIVE, running=(Process(10, ("toyd",)), Process(11, ("toyd", "-c", "/x"))))
    given = Wanted(configs={"toy": ("/srv/a.conf", MAIN)})
    found = [(each.files.instance.config, each.files.instance.pid) for each in audit(host, given).instances]
    assert found == [("/srv/a.conf", None), (MAIN, 10)]


def test_only_the_files_that_were_named_are_read() -> None:
    """A pattern finds no others, and no command is run though the host is live."""
    whole = replace(leaking(), reach=Reach.LIVE)
    wanted = Wanted(products=("toy",), configs={"toy": (MAIN,)})
    alone = audit(OnlyFiles(whole, (MAIN,)), wanted)
    assert [[file.path for file in each.files.files] for each in alone.instances] == [[MAIN]]
    both = audit(OnlyFiles(whole, (MAIN, "/etc/toy/conf.d/auth.conf")), wanted)
    assert len(both.instances[0].files.files) == 2
    assert both.findings


def test_a_live_product_says_its_version_itself() -> None:
    """In a copy the files' word stands, and so it does where the command is missing."""
    live = DictHost(files={MAIN: b"# nothing\n"}, reach=Reach.LIVE, outputs={("toyd", "-v", "-c", MAIN): "2.4.1\n"})
    assert [posture.version for posture in audit(live, ALL).postures] == ["2.4.1"]
    assert [posture.version for posture in audit(replace(live, outputs={}), ALL).postures] == ["files say 1"]
    assert [posture.version for posture in audit(replace(live, reach=Reach.COPIED), ALL).postures] == ["files say 1"]


def test_what_the_product_contradicts_is_noted_at_its_line_and_in_doubt() -> None:
    """The effective view must agree with the files."""
    said: dict[tuple[str, ...], str] = {("toyd", "-v", "-c", MAIN): "2"}
    said |= {("toyd", "-n", "-c", MAIN): "mechanisms = PLAIN NTLM\n"}
    host = DictHost(files={MAIN: b"# a\nmechanisms = PLAIN\n"}, reach=Reach.LIVE, outputs=said)
    done = audit(host, ALL)
    assert notes(done) == [(NoteKind.CONTRADICTION, MAIN, 2)]
    assert done.doubts == 1
    agreeing = replace(host, files={MAIN: b"# a\nmechanisms = PLAIN NTLM\n"})
    assert (notes(audit(agreeing, ALL)), audit(agreeing, ALL).doubts) == ([], 0)


def test_a_view_that_cannot_be_asked_is_said_and_no_doubt() -> None:
    """What is written stands."""
    done = audit(DictHost(files={MAIN: b"# nothing\n"}, reach=Reach.LIVE), ALL)
    assert (notes(done), done.doubts) == ([(NoteKind.UNKNOWN, MAIN, None)], 0)


def test_a_line_that_is_not_understood_is_a_doubt() -> None:
    """The rest is judged all the same."""
    done = audit(DictHost(files={MAIN: b"mechanisms = NTLM\nwhat is this\n"}), ALL)
    assert notes(done) == [(NoteKind.UNREAD, MAIN, 2)]
    assert (done.doubts, bool(done.findings)) == (1, True)


def test_a_main_file_that_cannot_be_read_is_a_doubt() -> None:
    """It was given, and is not there."""
    done = audit(DictHost(files={}), Wanted(configs={"toy": ("/srv/none.conf",)}))
    assert (notes(done), done.doubts) == ([(NoteKind.UNREAD, "/srv/none.conf", None)], 1)


def certificate(end: datetime) -> bytes:
    """A certificate in PEM that ends then."""
    key = generate_private_key(SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail.example.org")])
    builder = x509.CertificateBuilder(name, name, key.public_key(), 1, end - timedelta(days=10), end)
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


def test_certificates_are_read_as_they_lie_there() -> None:
    """When each ends, in UTC; a private key in front of it does no harm; nonsense is said to be such."""
    end = datetime(2027, 6, 30, 12, tzinfo=UTC)
    pem = b"-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n" + certificate(end)
    main = b"certificate = /etc/toy/cert.pem\n"
    done = audit(DictHost(files={MAIN: main, "/etc/toy/cert.pem": pem}), ALL)
    assert [(each.path, each.not_after, each.problem) for each in done.postures[0].certificates] == [
        ("/etc/toy/cert.pem", end, None)
    ]
    for nonsense in (b"", b"nonsense", b"-----BEGIN CERTIFICATE-----\n====\n-----END CERTIFICATE-----\n", bytes(99)):
        done = audit(DictHost(files={MAIN: main, "/etc/toy/cert.pem": nonsense}), ALL)
        assert [each.problem for each in done.postures[0].certificates] == ["it is no certificate that can be read"]


def test_a_certificate_that_is_not_there_is_a_problem_where_the_host_is_live() -> None:
    """In a copy it is a note: keys and certificates are seldom copied."""
    copy = DictHost(files={MAIN: b"\ncertificate = /etc/toy/cert.pem\n"})
    done = audit(copy, ALL)
    assert (done.postures[0].certificates, notes(done), done.doubts) == ((), [(NoteKind.MISSING, MAIN, 2)], 0)
    live = audit(replace(copy, reach=Reach.LIVE), ALL)
    assert [bool(each.problem) for each in live.postures[0].certificates] == [True]


def test_a_service_that_asks_another_product_has_its_mechanisms(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cause is in the other's file; where the other is not found, nothing certain can be said."""
    asking = replace(TOY, homes=("/etc/asker.conf",), recognise=lambda _process: None)
    install(monkeypatch, {"toy": TOY, "asker": asking})
    files = {"/etc/asker.conf": b"asks = toy\n", MAIN: b"mechanisms = PLAIN NTLM\n"}
    done = audit(DictHost(files=files), ALL)
    places = {place for finding in done.findings for place in finding.places if place.setting == "mechanisms"}
    assert (places, done.doubts) == ({Place(MAIN, 1, "mechanisms", "PLAIN NTLM")}, 0)
    assert audit(DictHost(files={"/etc/asker.conf": b"asks = toy\n"}), ALL).doubts == 1


def fail(*_: object) -> None:
    """What a plug with a mistake in it does."""
    raise ZeroDivisionError("ours")


def endless(instance: Instance) -> Generator[Request, Answer, Files]:
    """A plug that never has enough."""
    while True:
        yield ReadFile(instance.config)


@pytest.mark.parametrize(
    ("part", "broken"), [("recognise", fail), ("collect", fail), ("posture", fail), ("collect", endless)]
)
def test_a_plug_that_fails_costs_its_own_instance_only(
    monkeypatch: pytest.MonkeyPatch, part: str, broken: object
) -> None:
    """It is our fault, kept with its traceback; the others are audited."""
    other = replace(TOY, homes=("/etc/other.conf",), recognise=lambda _process: None)
    install(monkeypatch, {"toy": replace(TOY, **{part: broken}), "other": other})
    files = {MAIN: b"# nothing\n", "/etc/other.conf": b"mechanisms = NTLM\n"}
    done = audit(DictHost(files=files, running=(Process(1, ("toyd",)),)), ALL)
    assert [each.posture.product for each in done.instances] == ["other"]
    assert ([fault.what.split()[0] for fault in done.faults], bool(done.findings)) == (["toy"], True)
    assert "Traceback" in done.faults[0].traceback


def test_rules_that_fail_cost_their_host_only(monkeypatch: pytest.MonkeyPatch) -> None:
    """The postures are told all the same."""
    monkeypatch.setattr("tightlip.workflows.auditing.judge", fail)
    done = audit(leaking(), ALL)
    assert (len(done.postures), done.findings, len(done.faults)) == (1, (), 1)
