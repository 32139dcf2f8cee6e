"""The rendered script, run by sh in temporary trees: it changes, refuses, puts back, undoes, and says the truth."""

import os
from pathlib import Path

import pytest

from tests.unit.remediate.plans import LEAKY, MENDED, Part, a_plan, noting, ran, written
from tests.unit.remediate.scripts import FAILED, REFUSED, STUCK, USAGE, run
from tightlip.model.errors import UsageError
from tightlip.products._product import Invoke
from tightlip.remediate.plan import Unmet
from tightlip.remediate.shell import script


def tree(folder: Path) -> dict[str, tuple[bytes, int]]:
    """Every file below a folder, hidden ones too: bytes and mode."""
    return {str(path): (path.read_bytes(), path.stat().st_mode) for path in folder.rglob("*") if path.is_file()}


def test_it_changes_then_finds_nothing_to_do_then_undoes(tmp_path: Path) -> None:
    """The whole circle; check and reload run once for the change, not for the second run, once for the undo."""
    etc = tmp_path / "etc"
    part = written(etc)
    plan = a_plan(part, check=noting(tmp_path, "check"), reload=noting(tmp_path, "reload"))
    assert run(plan, tmp_path).returncode == 0
    assert part.path.read_bytes() == MENDED
    assert ran(tmp_path) == ["check", "reload"]
    second = run(plan, tmp_path)
    assert (second.returncode, second.stdout) == (0, "nothing to do\n")
    assert ran(tmp_path) == ["check", "reload"]
    assert run(plan, tmp_path, "--undo").returncode == 0
    assert tree(etc) == {str(part.path): (LEAKY, part.path.stat().st_mode)}
    assert ran(tmp_path) == ["check", "reload"] * 2
    assert run(plan, tmp_path, "--undo").stdout == "nothing to undo\n"


def test_check_writes_nothing_and_runs_nothing(tmp_path: Path) -> None:
    """It names the file, the bytes and the reason; not even the folder of the backups is made."""
    part = written(tmp_path / "etc")
    plan = a_plan(part, check=noting(tmp_path, "check"), reload=noting(tmp_path, "reload"))
    heard = run(plan, tmp_path, "--check")
    assert heard.returncode == 0
    assert str(part.path) in heard.stdout
    assert "nobody needs NTLM" in heard.stdout
    assert part.path.read_bytes() == LEAKY
    assert ran(tmp_path) == []
    assert not (tmp_path / "kept").exists()


@pytest.mark.parametrize("mode", [0o600, 0o640, 0o644, 0o444, 0o4755], ids=oct)
def test_the_mode_stays(tmp_path: Path, mode: int) -> None:
    """Through the change and through the undo."""
    part = written(tmp_path / "etc")
    part.path.chmod(mode)
    plan = a_plan(part)
    for arguments in ((), ("--undo",)):
        assert run(plan, tmp_path, *arguments).returncode == 0
        assert part.path.stat().st_mode & 0o777 == mode & 0o777


@pytest.mark.skipif(os.geteuid() != 0, reason="files are given to others by root alone")
def test_owner_and_extended_attributes_stay(tmp_path: Path) -> None:
    """A file of root's and another group, with an attribute."""
    part = written(tmp_path / "etc")
    os.chown(part.path, 0, 2345)
    os.setxattr(part.path, "trusted.tightlip", b"kept")
    plan = a_plan(part)
    for arguments in ((), ("--undo",)):
        assert run(plan, tmp_path, *arguments).returncode == 0
        assert (part.path.stat().st_uid, part.path.stat().st_gid) == (0, 2345)
        assert os.getxattr(part.path, "trusted.tightlip") == b"kept"


def test_a_symbolic_link_stays_and_its_file_changes(tmp_path: Path) -> None:
    """Relative, through a folder that is a link itself."""
    part = written(tmp_path / "etc" / "real")
    (tmp_path / "etc" / "enabled").symlink_to("real")
    link = tmp_path / "etc" / "link.conf"
    link.symlink_to("enabled/dovecot.conf")
    assert run(a_plan(Part(path=link)), tmp_path).returncode == 0
    assert link.is_symlink()
    assert part.path.read_bytes() == MENDED


@pytest.mark.parametrize("how", ["changed", "gone", "a folder", "hard link"])
def test_a_file_that_is_not_as_planned_is_refused(tmp_path: Path, how: str) -> None:
    """The first file is in order, and is not touched either."""
    first, second = written(tmp_path / "etc", "1.conf"), written(tmp_path / "etc", "2.conf")
    match how:
        case "changed":
            second.path.write_bytes(LEAKY + b"# somebody\n")
        case "gone":
            second.path.unlink()
        case "a folder":
            second.path.unlink()
            second.path.mkdir()
        case _:
            os.link(second.path, tmp_path / "other name")
    heard = run(a_plan(first, second, reload=noting(tmp_path, "reload")), tmp_path)
    assert heard.returncode == REFUSED
    assert str(second.path) in heard.stderr
    assert first.path.read_bytes() == LEAKY
    assert ran(tmp_path) == []


def test_a_failing_check_puts_every_file_back_before_any_reload(tmp_path: Path) -> None:
    """Byte for byte, nothing left beside the files; the server never saw the new ones."""
    etc = tmp_path / "etc"
    parts = written(etc, "1.conf"), written(etc, "2.conf")
    was = tree(etc)
    plan = a_plan(*parts, check=noting(tmp_path, "check", "exit 3"), reload=noting(tmp_path, "reload"))
    heard = run(plan, tmp_path)
    assert heard.returncode == FAILED
    assert "everything is as it was before" in heard.stderr
    assert tree(etc) == was
    assert ran(tmp_path) == ["check"]


def test_a_failing_reload_puts_back_and_reloads_again(tmp_path: Path) -> None:
    """The server is told of the old configuration, which it may have dropped."""
    part = written(tmp_path / "etc")
    refusing = noting(tmp_path, "reload", f"grep -q ntlm '{part.path}'")
    assert run(a_plan(part, reload=refusing), tmp_path).returncode == FAILED
    assert part.path.read_bytes() == LEAKY
    assert ran(tmp_path) == ["reload", "reload"]


def test_a_server_that_takes_neither_configuration_is_reported(tmp_path: Path) -> None:
    """The files are back; that the reload fails still has an exit status of its own."""
    part = written(tmp_path / "etc")
    heard = run(a_plan(part, reload=["false"]), tmp_path)
    assert heard.returncode == STUCK
    assert part.path.read_bytes() == LEAKY


def test_a_file_that_somebody_changes_meanwhile_is_left_alone(tmp_path: Path) -> None:
    """Between writing and the end: theirs stays, the other is put back, and it is said where the earlier form is."""
    etc = tmp_path / "etc"
    first, second = written(etc, "1.conf"), written(etc, "2.conf")
    meddling = ["sh", "-c", f"echo theirs >'{second.path}'; exit 1"]
    heard = run(a_plan(first, second, check=meddling), tmp_path)
    assert heard.returncode == STUCK
    assert "NOT everything" in heard.stderr
    assert (first.path.read_bytes(), second.path.read_bytes()) == (LEAKY, b"theirs\n")


def test_backups_that_cannot_be_made_change_nothing(tmp_path: Path) -> None:
    """The backups' folder cannot be made: a file stands in its place."""
    part = written(tmp_path / "etc")
    (tmp_path / "kept").write_text("in the way")
    assert run(a_plan(part), tmp_path).returncode == FAILED
    assert part.path.read_bytes() == LEAKY


def test_undo_leaves_alone_what_was_changed_since(tmp_path: Path) -> None:
    """Somebody's later work is not thrown away."""
    part = written(tmp_path / "etc")
    plan = a_plan(part)
    run(plan, tmp_path)
    part.path.write_bytes(MENDED + b"later = 1\n")
    assert run(plan, tmp_path, "--undo").returncode == REFUSED
    assert part.path.read_bytes() == MENDED + b"later = 1\n"


def test_undo_without_backups_is_refused(tmp_path: Path) -> None:
    """The file was changed by hand, or on another host."""
    part = written(tmp_path / "etc")
    part.path.write_bytes(part.after)
    assert run(a_plan(part), tmp_path, "--undo").returncode == REFUSED


def test_a_damaged_backup_is_not_put_back(tmp_path: Path) -> None:
    """Its sha256 is looked at first."""
    part = written(tmp_path / "etc")
    plan = a_plan(part)
    run(plan, tmp_path)
    backup = next(path for path in (tmp_path / "kept").rglob("1"))
    backup.write_bytes(b"rubbish")
    assert run(plan, tmp_path, "--undo").returncode == STUCK
    assert part.path.read_bytes() == MENDED


def test_unmet_preconditions_stop_it_until_somebody_says_they_are_met(tmp_path: Path) -> None:
    """They are named; --check shows the change all the same."""
    part = written(tmp_path / "etc")
    plan = a_plan(part, unmet=(Unmet(what="TLS on pop3", why="it cannot be 'checked' here"),))
    heard = run(plan, tmp_path)
    assert (heard.returncode, part.path.read_bytes()) == (REFUSED, LEAKY)
    assert "TLS on pop3: it cannot be 'checked' here" in heard.stderr
    assert run(plan, tmp_path, "--check").returncode == 0
    assert run(plan, tmp_path, "--preconditions-met").returncode == 0
    assert part.path.read_bytes() == MENDED


def test_backups_are_for_their_owner_alone(tmp_path: Path) -> None:
    """They hold passwords: the folder is 0700 whatever the file's own mode is."""
    part = written(tmp_path / "etc")
    run(a_plan(part), tmp_path)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "kept").rglob("*") if path.is_dir()} == {0o700}
    assert (tmp_path / "kept").stat().st_mode & 0o777 == 0o700


def test_an_empty_plan_does_nothing(tmp_path: Path) -> None:
    """No command runs."""
    heard = run(a_plan(check=["false"]), tmp_path)
    assert (heard.returncode, heard.stdout) == (0, "nothing to do\n")


def test_an_unknown_argument_is_wrong_usage(tmp_path: Path) -> None:
    """Nothing is done."""
    part = written(tmp_path / "etc")
    assert run(a_plan(part), tmp_path, "--chek").returncode == USAGE
    assert part.path.read_bytes() == LEAKY


def test_changes_by_commands_cannot_be_rendered(tmp_path: Path) -> None:
    """Exchange: it is said which rendering there is."""
    plan = a_plan(written(tmp_path))
    product = plan.products[0]
    invoking = type(product)(
        **{name: getattr(product, name) for name in product.__struct_fields__}
        | {"invocations": (Invoke(what="w", do="d", undo="u"),)}
    )
    with pytest.raises(UsageError, match="dovecot is changed by commands"):
        script(type(plan)(**{name: getattr(plan, name) for name in plan.__struct_fields__} | {"products": (invoking,)}))
