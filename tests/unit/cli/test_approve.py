"""``tightlip approve``, and the gate that asks for it: from the plan's file to the decision of a policy."""

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from pwd import struct_passwd

import pytest

from tests.unit.cli.calling import call
from tests.unit.remediate.plans import Part, a_plan
from tightlip.model.errors import Exit, TightlipError
from tightlip.remediate.plan import encode
from tightlip.workflows import approval_gate
from tightlip.workflows.approval_gate import approvals_of, permit, read_approvals
from tightlip.workflows.change import author

PLAN = a_plan(Part(path=Path("/etc/dovecot/dovecot.conf")))


@pytest.fixture
def plan_file(tmp_path: Path) -> Path:
    """The plan, written down."""
    path = tmp_path / "plan.json"
    path.write_bytes(encode(PLAN))
    return path


def policy(monkeypatch: pytest.MonkeyPatch, **parts: object) -> None:
    """Have the gate read a policy; that only root's files are taken is another test's matter."""
    from tightlip.remediate.permission import Policy

    told = Policy(**parts)  # type: ignore[arg-type]  # whatever the test says
    monkeypatch.setattr(approval_gate, "read_policy", lambda: told)


def now() -> datetime:
    """The present, UTC: approvals are made with it."""
    return datetime.now(UTC)


def made(name: str) -> str:
    """A key of this name, its public half."""
    return call("key", "new", "--name", name).out.split(" ")[0]


def test_an_approval_is_written_beside_the_plan(plan_file: Path) -> None:
    """It names plan, host, who, window and end; the file is for its owner alone; a second is added."""
    key = made("anna")
    window = "Sat 02:00-04:00 Europe/Berlin"
    heard = call("approve", str(plan_file), "--by", "Anna, change 4711", "--key", "anna", "--window", window)
    assert heard.code == Exit.OK
    assert PLAN.hash[:12] in heard.err
    (approval,) = read_approvals(plan_file)
    assert (approval.plan, approval.host, approval.by, approval.key) == (PLAN.hash, PLAN.host, "Anna, change 4711", key)
    assert approval.window == window
    assert timedelta(days=13) < approval.expires - now() < timedelta(days=15)
    assert approvals_of(plan_file).stat().st_mode & 0o777 == 0o600
    assert call("approve", str(plan_file), "--by", "Anna", "--key", "anna").code == Exit.OK
    assert len(read_approvals(plan_file)) == 2


def test_a_missing_plan_is_told_before_a_missing_key(tmp_path: Path) -> None:
    """Whoever made a key first would only then hear that there is nothing to approve."""
    heard = call("approve", str(tmp_path / "nothing.json"), "--by", "anna")
    assert (heard.code, f"cannot read {tmp_path / 'nothing.json'}" in heard.err) == (Exit.USAGE, True)


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--by", "anna", "--window", "Saturday night"], "is no window"),
        (["--by", "anna", "--window", "Sat 02:00-04:00 Mars/Olympus"], "knows no time zone"),
        (["--by", "anna", "--key", "nobody"], "there is no key nobody"),
        (["--by", "anna", "--key", "../anna"], "cannot name a key"),
        (["--by", " "], "nobody approves it"),
        (["--by", "anna", "--days", "0"], "days"),
        (["--by", "anna", "--days", "367"], "days"),
    ],
)
def test_bad_terms_sign_nothing(plan_file: Path, arguments: list[str], why: str) -> None:
    """Each is named."""
    made("default")
    heard = call("approve", str(plan_file), *arguments)
    assert heard.code == Exit.USAGE
    assert why in heard.err
    assert not approvals_of(plan_file).exists()


def test_a_plan_that_was_edited_is_not_signed(plan_file: Path) -> None:
    """Its hash gives it away."""
    made("default")
    plan_file.write_bytes(plan_file.read_bytes().replace(b"dovecot.conf", b"dovecot.cnf2"))
    heard = call("approve", str(plan_file), "--by", "anna")
    assert (heard.code, "was edited" in heard.err) == (Exit.USAGE, True)
    assert not approvals_of(plan_file).exists()


def test_a_key_with_a_passphrase_needs_it(tmp_path: Path, plan_file: Path) -> None:
    """Out of a file it opens; without a terminal nobody is asked."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("correct horse\n")
    call("key", "new", "--passphrase-file", str(secret))
    heard = call("approve", str(plan_file), "--by", "anna")
    assert (heard.code, "no terminal" in heard.err) == (Exit.USAGE, True)
    assert call("approve", str(plan_file), "--by", "anna", "--passphrase-file", str(secret)).code == Exit.OK


def test_approvals_are_not_written_through_a_link(tmp_path: Path, plan_file: Path) -> None:
    """Somebody who may write into the plan's folder has root append to no file of his choice."""
    made("default")
    target = tmp_path / "target"
    target.write_text("mine\n")
    approvals_of(plan_file).symlink_to(target)
    assert call("approve", str(plan_file), "--by", "anna").code == Exit.USAGE
    assert target.read_text() == "mine\n"


def test_the_gate_lets_an_approved_plan_pass(monkeypatch: pytest.MonkeyPatch, plan_file: Path) -> None:
    """Refused with exit code 6 before, who approved afterwards; refused again when it has expired."""
    policy(monkeypatch, approvals=1, keys=(made("default"),))
    with pytest.raises(TightlipError, match="1 approval needed, 0 valid") as refused:
        permit(PLAN, plan_file, now())
    assert refused.value.exit_code is Exit.REFUSED
    call("approve", str(plan_file), "--by", "anna", "--days", "1")
    assert permit(PLAN, plan_file, now() + timedelta(minutes=1)) == ("anna",)
    with pytest.raises(TightlipError, match="expired"):
        permit(PLAN, plan_file, now() + timedelta(days=2))


def test_with_separate_the_appliers_own_key_does_not_count(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plan_file: Path
) -> None:
    """It lies in the folder of keys of whoever applies; once it is somebody else's, it counts."""
    key = made("default")
    policy(monkeypatch, approvals=1, keys=(key,), separate=True)
    call("approve", str(plan_file), "--by", "anna")
    with pytest.raises(TightlipError, match="applier's own"):
        permit(PLAN, plan_file, now() + timedelta(minutes=1))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "somebody"))
    assert permit(PLAN, plan_file, now() + timedelta(minutes=1)) == ("anna",)


@pytest.mark.parametrize("by", ["sudo", "login", "user"])
def test_with_separate_sudo_does_not_hide_the_appliers_own_key(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plan_file: Path, by: str
) -> None:
    """It lies in the home of the login behind sudo, or of the user that this runs as, wherever HOME points to."""
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "anna" / ".config"))
    key = made("default")
    policy(monkeypatch, approvals=1, keys=(key,), separate=True)
    call("approve", str(plan_file), "--by", "anna")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "of-the-superuser"))
    later = now() + timedelta(minutes=1)
    people(monkeypatch, tmp_path)
    assert permit(PLAN, plan_file, later) == ("anna",)
    people(monkeypatch, tmp_path, **{by: "anna"})
    with pytest.raises(TightlipError, match="applier's own"):
        permit(PLAN, plan_file, later)


def people(monkeypatch: pytest.MonkeyPatch, folder: Path, sudo: str = "", login: str = "", user: str = "") -> None:
    """Who sudo, the kernel and the user id say it is; everybody's home is below a folder."""
    uids = {"anna": 1001, "bert": 1002}
    names = {uid: name for name, uid in uids.items()}

    def entry(name: str) -> struct_passwd:
        return struct_passwd((name, "x", uids[name], 100, "", str(folder / name), "/bin/sh"))

    monkeypatch.setenv("SUDO_USER", sudo)
    (folder / "loginuid").write_text(str(uids.get(login, 0xFFFFFFFF)))
    monkeypatch.setattr(author, "LOGINUID", folder / "loginuid")
    monkeypatch.setattr(author, "getpwnam", entry)
    monkeypatch.setattr(author, "getpwuid", lambda uid: entry(names[uid]))
    monkeypatch.setattr(os, "getuid", lambda: uids[user or "bert"])


def test_where_the_appliers_keys_cannot_be_read_separate_refuses(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plan_file: Path
) -> None:
    """Exit code 6: what cannot be looked at may hold the approver's key. Without separate nobody looks."""
    key = made("default")
    call("approve", str(plan_file), "--by", "anna")
    people(monkeypatch, tmp_path, sudo="anna")
    folder = tmp_path / "anna" / ".config" / "tightlip"
    folder.mkdir(parents=True)
    (folder / "keys").write_text("no folder")
    policy(monkeypatch, approvals=1, keys=(key,), separate=True)
    with pytest.raises(TightlipError, match="the applier's own keys cannot be told") as refused:
        permit(PLAN, plan_file, now() + timedelta(minutes=1))
    assert refused.value.exit_code is Exit.REFUSED
    policy(monkeypatch, approvals=1, keys=(key,))
    assert permit(PLAN, plan_file, now() + timedelta(minutes=1)) == ("anna",)


def test_without_a_policy_nothing_is_read(monkeypatch: pytest.MonkeyPatch, tmp_path: Path, plan_file: Path) -> None:
    """Neither a file of approvals that is a folder, nor keys in a folder that is a file."""
    policy(monkeypatch)
    approvals_of(plan_file).mkdir()
    (tmp_path / "config" / "tightlip").mkdir(parents=True)
    (tmp_path / "config" / "tightlip" / "keys").write_text("no folder")
    assert permit(PLAN, plan_file, now()) == ()


def test_an_approval_is_a_line_of_its_own_behind_one_that_has_no_end(plan_file: Path) -> None:
    """An editor took the newline away: glued on, the next approval would count as none."""
    made("anna")
    for name in ("Anna", "Bert"):
        assert call("approve", str(plan_file), "--by", name, "--key", "anna").code == Exit.OK
        approvals_of(plan_file).write_bytes(approvals_of(plan_file).read_bytes().rstrip(b"\n"))
    assert [each.by for each in read_approvals(plan_file)] == ["Anna", "Bert"]


def test_without_a_policy_a_plan_that_others_may_write_is_refused(
    plan_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing is signed: whoever may write the file, or its folder, would say what root does."""
    policy(monkeypatch)
    plan_file.parent.chmod(0o777)
    with pytest.raises(TightlipError, match="others than you and root may write") as refused:
        permit(PLAN, plan_file, now())
    assert refused.value.exit_code is Exit.REFUSED
    plan_file.parent.chmod(0o755)
    assert permit(PLAN, plan_file, now()) == ()
    plan_file.chmod(0o666)
    with pytest.raises(TightlipError, match="others than you and root may write"):
        permit(PLAN, plan_file, now())
    policy(monkeypatch, approvals=1, keys=(made("anna"),))
    assert call("approve", str(plan_file), "--by", "anna", "--key", "anna").code == Exit.OK
    assert permit(PLAN, plan_file, now() + timedelta(minutes=1)) == ("anna",)


def test_a_plan_that_is_another_by_now_is_refused(plan_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was read may have been somebody else's; what lies there now is looked at again."""
    policy(monkeypatch)
    plan_file.write_bytes(encode(a_plan(Part(path=Path("/etc/other.conf")))))
    with pytest.raises(TightlipError, match="was changed at this moment"):
        permit(PLAN, plan_file, now())
