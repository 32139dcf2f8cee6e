"""What 0.1.0 left behind goes on working: its store is read, its plan verified, its changes taken up and taken back."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.recorded.relived import LEFT, STATES, Relived, backup_of, relived, site, store_left
from tests.unit.cli.calling import Heard, call
from tightlip.config.changes import PLAN
from tightlip.config.folders import folders
from tightlip.model.errors import Exit, UsageError
from tightlip.model.finding import Finding, FindingState
from tightlip.remediate.approval import decode_lines, is_genuine
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.remediate.permission import Permitted, Policy, permission
from tightlip.remediate.plan import decode
from tightlip.store import Store, open_store
from tightlip.workflows import changing
from tightlip.workflows.change.driving import plan_of, story_of
from tightlip.workflows.changing import Order

# The runs, oldest first: how each ended (None: killed), and how many endpoint states it asked.
SCANS = [(Exit.FINDINGS, 16), (Exit.FINDINGS, 16), (Exit.FINDINGS, 2)]
AUDITS = [(Exit.FINDINGS, 0), (Exit.FINDINGS, 0)]
CUT_OFF: list[tuple[Exit | None, int]] = [(Exit.INTERRUPTED, 2), (None, 2)]

# Findings of rule ntlm-discloses-host whose state no later reading of the servers' words may change.
STANDING = {
    "pop3://127.20.0.1:21101": FindingState.FIXED,
    "pop3+starttls://127.20.0.1:21101": FindingState.FIXED,
    "pop3://127.20.0.3:21103": FindingState.FIXED,
    "pop3+starttls://127.20.0.3:21103": FindingState.FIXED,
    "smtp://127.20.0.4:21104": FindingState.FIXED,
    "imap://127.20.0.5:21105": FindingState.ACCEPTED,
    "imap+starttls://127.20.0.5:21105": FindingState.OPEN,
    "imap://127.20.0.7:21107": FindingState.REGRESSED,
    "imap+starttls://127.20.0.7:21107": FindingState.REGRESSED,
    "mail01 auth_mechanisms": FindingState.FIXED,
}


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """The store's file."""
    return store_left(tmp_path)


def _opened(place: Path) -> Store:
    return open_store(str(place))


def test_the_store_lists_its_runs(place: Path) -> None:
    """All seven, each made by 0.1.0, with the observations that were committed."""
    with _opened(place) as store:
        kept = list(reversed(store.runs(100)))
    assert {each.run.version for each in kept} == {"0.1.0"}
    ends = [(each.summary and each.summary.exit, each.observations) for each in kept]
    assert ends == [*SCANS, *AUDITS, *CUT_OFF]


def test_the_store_keeps_its_findings(place: Path) -> None:
    """What was proven, accepted, seen again, or judged by an audit stands as it did."""
    with _opened(place) as store:
        known = {each.finding.subject: each for each in store.findings(frozenset()) if _is_disclosure(each.finding)}
        word = known["imap://127.20.0.5:21105"].acceptance
    assert {subject: known[subject].state for subject in STANDING} == STANDING
    assert word is not None
    assert (word.reason, word.by) == ("the copier needs it, change 4711", "A. Admin")


def test_the_store_is_sound(place: Path) -> None:
    """SQLite finds nothing wrong with it after it was opened, and every observation can be read."""
    with _opened(place) as store:
        assert store.complaints() == ()
        read = [len(list(store.observations(each.run.id))) for each in reversed(store.runs(100))]
    assert read == [count for _, count in (*SCANS, *AUDITS, *CUT_OFF)]


@pytest.mark.parametrize("form", ["text", "json", "jsonl", "csv", "html"])
def test_every_run_can_be_reported(place: Path, form: str) -> None:
    """In every format, whether it ended or was cut off; of an audit that asked nobody the findings alone are kept."""
    with _opened(place) as store:
        asked = {each.run.id: each.observations > 0 for each in store.runs(100)}
    for name, has_asked in asked.items():
        told = call("report", "--run", name, "--format", form, "--store", str(place))
        assert (told.code, bool(told.out)) == ((Exit.OK, True) if has_asked else (Exit.USAGE, False))
    assert any(asked.values())


def test_a_report_tells_what_was_found(place: Path) -> None:
    """The first scan's: sixteen states that disclose, with the names of each server."""
    with _opened(place) as store:
        first = store.runs(100)[-1].run.id
    told = call("report", "--run", first, "--format", "json", "--store", str(place)).document
    assert told["summary"]["verdicts"] == {"discloses": 16}
    heard = [each["observation"] for each in told["endpoints"]]
    assert {each["verdict"] for each in heard} == {"discloses"}
    names = {each["ntlm"]["fields"]["dns_computer_name"] for each in heard}
    assert names == {f"mail0{number}.corp.example" for number in range(1, 9)}


def test_the_plan_and_its_approval_are_verified() -> None:
    """The hash is that of the content, the signature genuine; in its window the approval permits, outside not."""
    plan = decode((LEFT / "plan.json").read_bytes(), "plan.json")
    given = decode_lines((LEFT / "plan.json.approvals").read_bytes())
    key = (LEFT / "approver.pub").read_text().split()[0]
    policy = Policy(approvals=1, keys=(key,))
    saturday, sunday = datetime(2026, 12, 5, 3, tzinfo=UTC), datetime(2026, 12, 6, 3, tzinfo=UTC)
    assert [(each.plan, is_genuine(each)) for each in given] == [(plan.hash, True)]
    assert permission(plan, given, policy, saturday, lambda _: saturday) == Permitted(by=("A. Admin, change 4711",))
    assert "outside of its window" in str(permission(plan, given, policy, sunday, lambda _: sunday))


def test_an_edited_plan_is_refused() -> None:
    """One letter of what 0.1.0 hashed makes it another plan."""
    edited = (LEFT / "plan.json").read_bytes().replace(b"tree:mail01", b"tree:mail02")
    with pytest.raises(UsageError, match="was edited"):
        decode(edited, "plan.json")


@pytest.mark.parametrize("state", STATES)
def test_a_change_is_listed_and_shown(tmp_path: Path, state: str) -> None:
    """With its state, its plan, whose approval is genuine, and what the endpoints said before and after."""
    host = relived(tmp_path, state)
    name = state.partition("-")[0]
    assert folders().state / "changes" == host.change.path.parent
    listed, shown = call("changes"), call("show", host.change.id)
    assert (listed.code, shown.code) == (Exit.OK, Exit.OK)
    assert host.change.id in listed.out
    assert name in listed.out
    assert f"{host.change.id}, {name}" in shown.out
    for heard in ("discloses (names)", "MAIL01", "clean (refused)", "listed: PLAIN LOGIN"):
        assert heard in shown.out
    (approval,) = decode_lines(host.change.read("plan.json.approvals") or b"")
    assert is_genuine(approval)
    assert approval.plan == plan_of(host.change).hash


@pytest.mark.parametrize("state", ["restoring-before", "restoring-after"])
def test_recover_brings_a_restoring_change_to_its_end(
    tmp_path: Path, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The old file, byte for byte, read again by the server, and nothing left beside it."""
    host = relived(tmp_path, state)
    assert "NTLM" not in host.listed()
    told = _command(host, monkeypatch, "recover")
    assert told.code == Exit.FINDINGS
    assert f"{host.change.id} is undone" in told.out
    _assert_is_old(host)


def test_recover_lets_a_change_wait_to_be_confirmed(tmp_path: Path) -> None:
    """It goes on waiting, and can then be kept, or is undone when it is too late."""
    host = relived(tmp_path, "confirming")
    ((_, story),) = changing.recover(site(host))
    assert story.state is State.CONFIRMING
    assert changing.confirm(host.change.id, site(host)).state is State.KEPT


def test_a_change_that_nobody_confirmed_is_undone(tmp_path: Path) -> None:
    """From the moment on that 0.1.0 wrote down."""
    host = relived(tmp_path, "confirming")
    opening = story_of(host.change).opening
    assert opening.due is not None
    host.later = opening.due - host.now()
    ((_, story),) = changing.recover(site(host))
    assert story.state is State.UNDONE
    _assert_is_old(host)


def test_a_kept_change_is_rolled_back(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By a change of its own, proved by what 0.1.0 had heard before its change."""
    host = relived(tmp_path, "kept")
    told = _command(host, monkeypatch, "rollback", host.change.id)
    assert told.code == Exit.OK
    assert f"{host.change.id} is taken back" in told.out
    _assert_is_old(host)


def test_a_plan_can_still_be_applied(tmp_path: Path) -> None:
    """The one that was rolled back, once more and to the same bytes."""
    host = relived(tmp_path, "kept")
    changing.rollback(host.change.id, site(host))
    order = Order(plan=plan_of(host.change), file=host.change.path / PLAN)
    story = changing.apply(order, site(host))
    assert isinstance(story, Story)
    assert story.state is State.KEPT
    assert host.config.read_bytes() == host.change.read("new/0")
    assert "NTLM" not in host.listed()


def test_a_stuck_change_is_reported_and_can_be_given_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What somebody else wrote into the file is left as it is."""
    host = relived(tmp_path, "stuck")
    before = host.config.read_bytes()
    told = _command(host, monkeypatch, "recover")
    assert told.code == Exit.DOUBT
    assert f"{host.change.id} is stuck" in told.out
    assert "somebody has changed it since" in told.out
    assert _command(host, monkeypatch, "recover", "--give-up", host.change.id).code == Exit.OK
    assert host.config.read_bytes() == before


def test_a_stuck_change_goes_on_when_its_file_is_as_it_was(tmp_path: Path) -> None:
    """Recovery takes up the way back where 0.1.0 could not go on."""
    host = relived(tmp_path, "stuck")
    host.config.write_bytes(host.change.read("new/0") or b"")
    ((_, story),) = changing.recover(site(host))
    assert story.state is State.UNDONE
    _assert_is_old(host)


def _assert_is_old(host: Relived) -> None:
    assert host.config.read_bytes() == backup_of(host.change)
    assert "NTLM" in host.listed()
    assert [each.name for each in host.config.parent.iterdir()] == ["dovecot.conf"]


def _command(host: Relived, monkeypatch: pytest.MonkeyPatch, *words: str) -> Heard:
    """A command as a user gives it on that host."""
    monkeypatch.setattr(f"tightlip.cli.{words[0]}.live_site", lambda *_, **_trials: site(host))
    return call(*words)


def _is_disclosure(finding: Finding) -> bool:
    return finding.rule == "ntlm-discloses-host"
