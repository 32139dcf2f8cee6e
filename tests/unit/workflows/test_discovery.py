"""Which configurations a host's processes lead to: nobody else's process hides one, and what is not read is said."""

import json
import os
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.reports.schemas import faults
from tests.unit.workflows.audited import MAIN, TOY, DictHost, install
from tightlip.hosts._host import Reach
from tightlip.model.errors import Exit
from tightlip.model.finding import FindingState
from tightlip.model.posture import NoteKind
from tightlip.model.run import Summary
from tightlip.products import cyrus, exim
from tightlip.products._product import Process
from tightlip.reports._audit import AuditedInstance
from tightlip.reports._audit_records import jsonl
from tightlip.store import Store, open_store
from tightlip.store.null_store import NullStore
from tightlip.workflows import discovery
from tightlip.workflows.audit_run import AuditOrder, AuditRun
from tightlip.workflows.auditing import Audit, audit
from tightlip.workflows.discovery import discover
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.surveying import Wanted

ALL = Wanted()
CONTAINER = "its root folder is another, as in a container"
CLEAN, LEAK = b"mechanisms = PLAIN\n", b"mechanisms = PLAIN NTLM\n"
ACCOUNT = replace(TOY, accounts=("toy",))


@pytest.fixture(autouse=True)
def _toy(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, {"toy": ACCOUNT})


@pytest.fixture
def shared(tmp_path: Path) -> str:
    """A file in a folder that everybody may write."""
    folder = tmp_path / "shared"
    folder.mkdir()
    folder.chmod(0o777)
    (folder / "toy.conf").write_bytes(LEAK)
    return str(folder / "toy.conf")


def host(files: dict[str, bytes], *running: Process, outputs: dict[tuple[str, ...], str] | None = None) -> DictHost:
    """A live host."""
    return DictHost(files=files, reach=Reach.LIVE, running=running, outputs=outputs or {})


def configs(done: Audit) -> list[str]:
    """The main files that were read."""
    return [each.files.instance.config for each in done.instances]


def told(on: DictHost, wanted: Wanted = ALL, store: Store | None = None) -> tuple[list[AuditedInstance], Summary]:
    """What a run reports of a host, and how it ends."""
    order = AuditOrder(asked=(), hosts=iter([on]), wanted=wanted, complain=lambda _fault: None)
    run = AuditRun(order, store or NullStore(), Interruption())
    instances = [each for found in run.report().hosts for each in found.instances]
    return instances, run.summary()


def test_a_stranger_s_process_adds_to_the_usual_places_and_replaces_none() -> None:
    """Who has no more than an account could hide the leak otherwise: `toyd -c /etc/hostname` and root's file beside."""
    files = {MAIN: LEAK, "/etc/passwd": CLEAN}
    done = audit(host(files, Process(10, ("toyd", "-c", "/etc/passwd"), foreign=True, user="eve")), ALL)
    assert configs(done) == [MAIN, "/etc/passwd"]
    assert any(finding.rule == "ntlm-discloses-host" for finding in done.findings)


@pytest.mark.parametrize("process", [{"foreign": False}, {"foreign": True, "user": "toy", "serves": True}])
def test_the_product_s_own_process_says_where_its_files_are(process: dict[str, object]) -> None:
    """Root's, or a server under the account which the product gives root's rights up for: nobody else starts one."""
    files = {MAIN: LEAK, "/etc/passwd": CLEAN}
    done = audit(host(files, Process(10, ("toyd", "-c", "/etc/passwd"), **process)), ALL)  # type: ignore[arg-type]  # a table
    assert configs(done) == ["/etc/passwd"]


def test_who_is_no_server_hides_nothing() -> None:
    """A set-user-ID program runs under the product's account for anybody: it holds no listening socket of root's."""
    files = {MAIN: LEAK, "/etc/passwd": CLEAN}
    done = audit(host(files, Process(10, ("toyd", "-c", "/etc/passwd"), foreign=True, user="toy")), ALL)
    assert configs(done) == [MAIN, "/etc/passwd"]
    assert [each.claimed for each in done.instances] == ["", "process 10 of user toy"]


@pytest.mark.parametrize("user", ["toy", "eve"])
def test_what_others_may_write_is_left_out_and_said(shared: str, user: str) -> None:
    """It runs, and may leak: a note says where and why, and the run is in doubt."""
    instances, summary = told(host({shared: LEAK}, Process(10, ("toyd", "-c", shared), foreign=True, user=user)))
    assert [each.posture.config for each in instances] == [shared]
    (note,) = instances[0].posture.notes
    assert (note.kind, note.file) == (NoteKind.UNREAD, shared)
    assert (
        f"process 10 of user {user} runs on it, and others than root and you may write {Path(shared).parent}"
        in note.text
    )
    assert (instances[0].files, instances[0].posture.services, summary.exit) == ((), (), Exit.DOUBT)


def test_beside_what_is_clean_it_is_a_doubt(shared: str) -> None:
    """The usual place is read, and does not speak for the other."""
    on = host({MAIN: CLEAN, shared: LEAK}, Process(10, ("toyd", "-c", shared), foreign=True, user="toy"))
    instances, summary = told(on)
    assert ([each.posture.config for each in instances], summary.exit) == ([MAIN, shared], Exit.DOUBT)


def test_what_was_read_all_the_same_is_not_left_out(tmp_path: Path) -> None:
    """A file at the usual place is read whosoever's it is: it needs no process to be found by."""
    config = tmp_path / "toy.conf"
    config.write_bytes(CLEAN)
    config.chmod(0o666)
    files = {MAIN: f"include = {config}\n".encode(), str(config): CLEAN}
    done = audit(host(files, Process(10, ("toyd", "-c", str(config)), foreign=True, user="toy")), ALL)
    assert (configs(done), done.left_out) == ([MAIN], ())


def test_of_many_the_first_are_told_and_how_many_more(tmp_path: Path) -> None:
    """Anybody can start them by the thousand."""
    running = (Process(n, ("toyd", "-c", f"{tmp_path}/{n}.conf"), foreign=True, user="eve") for n in range(10, 110))
    done = audit(host({}, *running), ALL)
    assert (len(done.left_out), "80 more" in done.left_out[-1].note.text) == (21, True)


def test_no_command_is_run_on_a_named_file_that_others_may_write(shared: str) -> None:
    """The product would read it with root's rights; its text is read all the same."""
    asked: dict[tuple[str, ...], str] = {
        ("toyd", "-n", "-c", shared): "mechanisms = PLAIN\n",
        ("toyd", "-v", "-c", shared): "9.9",
    }
    done = audit(host({shared: LEAK}, outputs=asked), Wanted(configs={"toy": (shared,)}))
    assert (done.postures[0].version, bool(done.findings)) == ("files say 1", True)
    kinds = {note.kind for note in done.postures[0].notes}
    assert NoteKind.CONTRADICTION not in kinds
    assert any("is not run on it: others than root and you" in note.text for note in done.postures[0].notes)


def master(user: str, services: str) -> Process:
    """A master of Cyrus with an imapd.conf of its own."""
    argv = ("/usr/sbin/cyrmaster", "-C", "/srv/imapd.conf", "-M", services)
    return Process(10, argv, foreign=user != "root", user=user, serves=True)


def test_a_named_imapd_conf_goes_with_the_cyrus_conf_of_its_master() -> None:
    """Its -M; not that of somebody who calls himself so; without one the usual file."""
    for user, services in (
        ("root", "/srv/cyrus.conf"),
        ("cyrus", "/srv/cyrus.conf"),
        ("eve", None),
    ):
        found = discover(host({}, master(user, "/srv/cyrus.conf")), "cyrus", cyrus.PRODUCT, ("/srv/imapd.conf",)).found
        assert [each.instance.places.get("cyrus.conf") for each in found] == [services]


def test_debian_s_exim_is_found_at_the_first_of_its_two_places(monkeypatch: pytest.MonkeyPatch) -> None:
    """Which one it runs on its arguments do not say; it looks for a file of the administrator's first."""
    monkeypatch.setattr(discovery, "distrust", lambda path: "" if path == "/etc/exim4/exim4.conf" else f"no {path}")
    running = Process(10, ("/usr/sbin/exim4", "-bd", "-q30m"), foreign=True, user="Debian-exim", serves=True)
    told = discover(host({"/etc/exim4/exim4.conf": b""}, running), "exim", exim.PRODUCT, ())
    assert [each.instance.config for each in told.found] == ["/etc/exim4/exim4.conf"]
    assert told.left_out == ()


@pytest.mark.parametrize("given", [(), ("/srv/e.conf",)])
def test_a_macro_of_the_command_line_is_a_doubt(given: tuple[str, ...]) -> None:
    """What it decides in the files is not worked out; its value is not told."""
    running = Process(10, ("/usr/sbin/exim", "-DNTLM=hunter2", "-C/srv/e.conf", "-bd"))
    (found,) = discover(host({"/srv/e.conf": b""}, running), "exim", exim.PRODUCT, given).found
    assert [(note.kind, note.file) for note in found.notes] == [(NoteKind.UNREAD, "/proc/10/cmdline")]
    assert "started with -DNTLM, a macro" in found.notes[0].text


def test_without_its_cyrus_conf_no_ports_are_made_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What it starts is not known: a doubt and no HIGH finding, though a password has no way in by this file alone."""
    install(monkeypatch, {"cyrus": cyrus.PRODUCT})
    texts = {"/srv/imapd.conf": b"sasl_mech_list: PLAIN\nallowplaintext: no\nimaps_tls_server_cert: /c.pem\n"}
    done = audit(DictHost(files=texts), Wanted(configs={"cyrus": ("/srv/imapd.conf",)}))
    assert (done.findings, done.doubts) == ((), 1)
    assert [each.listeners for each in done.postures[0].services] == [(), ()]
    unread = [note.file for note in done.postures[0].notes if note.kind is NoteKind.UNREAD]
    assert unread == ["/etc/cyrus.conf"]


def test_what_runs_in_a_container_is_said_to_be_left_out() -> None:
    """Its paths are none of this host's: the usual file is read, and speaks for itself alone."""
    inside = Process(10, ("toyd", "-c", MAIN), elsewhere=CONTAINER)
    instances, summary = told(host({MAIN: CLEAN}, inside))
    assert ([each.files for each in instances], summary.exit) == ([(MAIN,), ()], Exit.DOUBT)
    (note,) = instances[1].posture.notes
    assert (note.kind, "--root /proc/10/root has it read" in note.text) == (NoteKind.UNREAD, True)
    assert told(host({MAIN: CLEAN}))[1].exit == Exit.OK


@pytest.mark.parametrize("is_named", [False, True])
def test_what_was_left_out_keeps_the_findings_of_its_product_open(is_named: bool, tmp_path: Path) -> None:
    """A file of the finding's path was mended; what runs on a path of that name in a container was not read."""
    main = str(tmp_path / "toy.conf")
    Path(main).write_bytes(CLEAN)
    inside = Process(5_000_010, ("toyd", "-c", main), elsewhere=CONTAINER)  # no process of this machine's
    own = Process(9, ("toyd", "-c", main))
    wanted = Wanted(configs={"toy": (main,)}) if is_named else ALL
    says: dict[tuple[str, ...], str] = {("toyd", "-n", "-c", main): CLEAN.decode()}
    is_open = frozenset({FindingState.OPEN})
    with open_store(str(tmp_path / "store.db")) as store:
        told(host({main: LEAK}, own), wanted, store)
        told(host({main: CLEAN}, own, inside, outputs=says), wanted, store)
        assert [each.finding.rule for each in store.findings(is_open)] == ["ntlm-discloses-host"]
        told(host({main: CLEAN}, own, outputs=says), wanted, store)
        assert not list(store.findings(is_open))


def test_who_sees_the_very_file_that_was_named_is_not_left_out(tmp_path: Path) -> None:
    """A server in a chroot, in which the folder of its configuration has the same path."""
    main = str(tmp_path / "toy.conf")
    Path(main).write_bytes(CLEAN)
    inside = Process(os.getpid(), ("toyd", "-c", main), elsewhere=CONTAINER)  # /proc/PID/root leads to the same file
    assert discover(host({main: CLEAN}, inside), "toy", ACCOUNT, (main,)).left_out == ()


def test_another_build_s_file_beside_the_one_that_runs_is_a_doubt() -> None:
    """The daemon of /usr/local has the same name and the same arguments, and files of its own."""
    _, summary = told(host({MAIN: CLEAN, "/usr/local/etc/toy/toy.conf": LEAK}, Process(10, ("toyd",))))
    assert summary.exit == Exit.DOUBT
    _, summary = told(host({MAIN: CLEAN, "/srv/toy.conf": LEAK}, Process(10, ("toyd",))))
    assert summary.exit == Exit.OK


def test_a_relative_path_of_a_process_is_said_not_to_be_read() -> None:
    """It counts from a folder that nobody knows: the usual file is read, and speaks for itself alone."""
    instances, summary = told(host({MAIN: CLEAN}, Process(10, ("toyd", "-c", "out.conf"))))
    assert ([each.files for each in instances], summary.exit) == ([(MAIN,), ()], Exit.DOUBT)
    (note,) = instances[1].posture.notes
    assert "nobody knows what folder that path counts from; --config toy=FILE has it read" in note.text


def test_what_may_name_another_main_file_and_is_kept_from_us_is_a_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """The environment of root's processes is for root to read."""
    install(monkeypatch, {"toy": replace(TOY, variables=("TOY_CONFIG",))})
    running = Process(10, ("toyd",), environment=None)
    instances, summary = told(host({MAIN: CLEAN}, running))
    unread = [(note.file, note.text[:10]) for note in instances[0].posture.notes if note.kind is NoteKind.UNREAD]
    assert (unread, summary.exit) == ([("/proc/10/environ", "TOY_CONFIG")], Exit.DOUBT)
    assert told(host({MAIN: CLEAN}, replace(running, environment={})))[1].exit == Exit.OK


def test_what_is_left_out_is_a_record_as_any_other() -> None:
    """By the published schema."""
    on = host({MAIN: CLEAN}, Process(10, ("toyd", "-c", MAIN), elsewhere=CONTAINER))
    order = AuditOrder(asked=(), hosts=iter([on, on]), wanted=ALL, complain=lambda _fault: None)
    run = AuditRun(order, NullStore(), Interruption())
    records = [json.loads(line) for line in "".join(jsonl(run.report())).splitlines()]
    assert faults(records) == []
    assert [each["files"] for each in records if each["record"] == "posture"] == [[MAIN], [], [MAIN], []]
