"""``tightlip plan``: the page, the file it leaves, the renderings, and what is refused."""

import json
import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.house.tree import ROOT
from tests.unit.cli.calling import call
from tightlip.cli.plan import _write
from tightlip.model.errors import Exit, UsageError
from tightlip.workflows.change.admission import read_plan

CASES = ROOT / "tests" / "products"
EXCHANGE = str(CASES / "exchange" / "2016-leaks-on-every-port" / "before.json")
SCRIPTS = ["apply.ps1", "rollback.ps1", "verify.ps1"]

LEAKY = """\
protocols = pop3
ssl = yes
ssl_cert = </etc/ssl/mail.pem
auth_mechanisms = plain ntlm
auth_use_winbind = yes
passdb {
  driver = ldap
  args = uris=ldap://u:S3cret@dc1
}
"""


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """A copied tree with a Dovecot that offers NTLM."""
    return tree(tmp_path / "mx1", LEAKY)


def tree(root: Path, text: str) -> Path:
    """A copied tree with this dovecot.conf."""
    (root / "etc" / "dovecot").mkdir(parents=True)
    (root / "etc" / "dovecot" / "dovecot.conf").write_text(text)
    return root


def test_the_file_is_for_its_owner_and_the_folder_stays_as_it_is(copied: Path, tmp_path: Path) -> None:
    """A folder that others share is not closed to them for a plan's sake."""
    shared = tmp_path / "shared"
    shared.mkdir()
    shared.chmod(0o755)
    heard = call("plan", "--root", str(copied), "-o", str(shared / "plan.json"))
    assert heard.code == Exit.OK
    assert (shared.stat().st_mode & 0o777, (shared / "plan.json").stat().st_mode & 0o777) == (0o755, 0o600)


def test_json_cannot_steer_the_terminal(tmp_path: Path) -> None:
    """What a configuration holds of controls and marks of direction is escaped, and it stays the same plan."""
    odd = "odd\u202e\x9b.conf"
    copied = tree(tmp_path / "mx1", "!include *.inc/*.conf\n")
    (copied / "etc" / "dovecot" / "x.inc").mkdir()
    (copied / "etc" / "dovecot" / "x.inc" / odd).write_text(LEAKY)
    kept, printed = tmp_path / "kept.json", tmp_path / "printed.json"
    words = ("plan", "--root", str(copied))
    assert call(*words, "-o", str(kept)).code == Exit.OK
    heard = call(*words, "--format", "json")
    printed.write_text(heard.out)
    assert "\\u202e\\u009b.conf" in heard.out
    assert not {"\u202e", "\x9b"} & set(heard.out)
    assert read_plan(printed) == read_plan(kept)


def test_the_page_shows_the_diff_and_no_secret(copied: Path, tmp_path: Path) -> None:
    """Lines with their signs, a reason, what stays, what is unmet; and how to go on with a copy."""
    heard = call("plan", "--root", str(copied), "-o", str(tmp_path / "plan.json"))
    assert "-auth_mechanisms = plain ntlm" in heard.out
    assert "+auth_mechanisms = plain" in heard.out
    assert "What stays" in heard.out
    assert "Unmet (apply refuses until these are met)" in heard.out
    assert "tightlip plan on the host itself" in heard.out
    assert "the same command with --format sh or ansible and another -o" in " ".join(heard.out.split())
    assert "S3cret" not in heard.out + (tmp_path / "plan.json").read_text()


def test_without_an_output_it_lies_in_the_state_folder(copied: Path, tmp_path: Path) -> None:
    """The page says where."""
    heard = call("plan", "--root", str(copied))
    (written,) = (tmp_path / "state" / "tightlip" / "plans").iterdir()
    assert written.name in heard.out.replace("\n", "").replace(" ", "")
    assert written.parent.stat().st_mode & 0o777 == 0o700


def test_an_output_that_is_no_file_of_ours_is_not_replaced(copied: Path, tmp_path: Path) -> None:
    """A device stays one, a link leads where it led; scripts for PowerShell are no exception."""
    null, link, folder = tmp_path / "null", tmp_path / "link", tmp_path / "scripts"
    os.mknod(null, 0o600 | stat.S_IFCHR, os.makedev(1, 3))
    link.symlink_to(tmp_path / "other")
    assert call("plan", "--root", str(copied), "-o", str(null)).code == Exit.OK
    assert stat.S_ISCHR(null.stat().st_mode)
    assert call("plan", "--root", str(copied), "-o", str(link)).code == Exit.USAGE
    assert link.is_symlink()
    assert not (tmp_path / "other").exists()
    folder.mkdir()
    with pytest.raises(UsageError, match="symbolic link"):
        _write(folder / ".." / "link", "text")


@pytest.mark.parametrize("form", ["text", "json", "sh"])
def test_a_configuration_that_was_read_is_not_replaced_by_its_plan(copied: Path, form: str) -> None:
    """A slip of the shell's completion, by whatever name it goes."""
    main = copied / "etc" / "dovecot" / "dovecot.conf"
    (copied / "linked").symlink_to(main)
    for output in (main, copied / "linked"):
        heard = call("plan", "--root", str(copied), "--format", form, "-o", str(output))
        assert heard.code == Exit.USAGE
        assert f"{output} is a file that the plan was made from" in heard.err
    assert main.read_text() == LEAKY


def test_what_lies_beside_the_configuration_is_not_replaced_either(copied: Path) -> None:
    """Users, keys; an earlier plan of ours and an empty file are, and so is anything elsewhere."""
    folder = copied / "etc" / "dovecot"
    (folder / "users").write_text("bob:{PLAIN}hunter2\n")
    heard = call("plan", "--root", str(copied), "-o", str(folder / "users"))
    assert (heard.code, (folder / "users").read_text()) == (Exit.USAGE, "bob:{PLAIN}hunter2\n")
    assert "lies beside the configuration, and tightlip did not write it" in heard.err
    (folder / "empty").touch()
    (copied / "other.json").write_text("{}")
    for output, form in ((folder / "plan.json", "text"), (folder / "plan.sh", "sh"), (folder / "empty", "json")):
        for _ in range(2):
            assert call("plan", "--root", str(copied), "--format", form, "-o", str(output)).code == Exit.OK
    assert call("plan", "--root", str(copied), "-o", str(copied / "other.json")).code == Exit.OK


def test_a_page_on_standard_output_needs_no_file(copied: Path) -> None:
    """`-o -` makes none of that name."""
    heard = call("plan", "--root", str(copied), "-o", "-")
    assert "What stays" in heard.out
    assert not Path("-").exists()


def test_the_same_files_give_the_same_plan(copied: Path) -> None:
    """Byte for byte, hash and all; and it is for the copy."""
    once, again = (call("plan", "--root", str(copied), "--format", "json").document for _ in range(2))
    assert once == again
    assert once["plan"]["host"] == "tree:mx1"


def test_nothing_to_do_is_an_empty_plan(tmp_path: Path) -> None:
    """Exit code 0, and no file is left."""
    root = tree(tmp_path / "mx2", LEAKY.replace(" ntlm", "").replace("winbind = yes", "winbind = no"))
    heard = call("plan", "--root", str(root))
    assert (heard.code, "the plan is empty" in heard.out) == (Exit.OK, True)
    assert not (tmp_path / "state" / "tightlip" / "plans").exists()


def test_what_is_left_to_the_reader_is_not_nothing(tmp_path: Path) -> None:
    """An empty plan with advice says so, and what goes on; a place that is not set reads as such."""
    shutil.copytree(CASES / "courier" / "ntlm-in-imap-capability" / "before", tmp_path / "mx4")
    heard = call("plan", "--root", str(tmp_path / "mx4"))
    assert heard.code == Exit.DOUBT
    assert "What goes on" in heard.out
    assert "is for you to do." in " ".join(heard.out.split())
    assert "There is nothing to do" not in heard.out
    assert "= None" not in heard.out


def test_a_tab_is_shown_as_white_space(tmp_path: Path) -> None:
    """It is no attack, and stock files are full of them."""
    root = tree(tmp_path / "mx5", LEAKY.replace("auth_mechanisms = plain ntlm", "auth_mechanisms\t= plain ntlm"))
    heard = call("plan", "--root", str(root))
    assert "\\x09" not in heard.out


def test_the_last_mechanism_is_not_taken_away(tmp_path: Path) -> None:
    """Exit code 6, one line and a hint."""
    root = tree(tmp_path / "mx3", LEAKY.replace("plain ntlm", "ntlm"))
    heard = call("plan", "--root", str(root))
    assert (heard.code, heard.out) == (Exit.REFUSED, "")
    assert heard.err.startswith("tightlip: no plan is made: ")


def test_for_exchange_it_becomes_three_scripts(tmp_path: Path) -> None:
    """ASCII, for their owner alone; the page says how to get them."""
    heard = call("plan", "--product", "exchange", EXCHANGE, "--format", "powershell", "-o", str(tmp_path / "mend"))
    assert heard.code == Exit.OK
    assert sorted(path.name for path in (tmp_path / "mend").iterdir()) == SCRIPTS
    for path in (tmp_path / "mend").iterdir():
        assert path.read_bytes().isascii()
        assert path.stat().st_mode & 0o777 == 0o600
    page = call("plan", "--product", "exchange", EXCHANGE, "-o", str(tmp_path / "plan.json")).out
    assert "--format powershell" in page
    assert "tightlip apply" not in page


@pytest.mark.parametrize(
    ("arguments", "why"),
    [
        (["--product", "exchange", EXCHANGE, "--format", "powershell"], "makes three scripts"),
        ([EXCHANGE], "files are read as one product's"),
        (["--product", "sendmail"], "no product is called 'sendmail'"),
        (["--config", "dovecot"], "--config dovecot names no file"),
        (["--host", "mx9"], "--host mx9 is not known"),
        (["--account", "anna"], "--account goes with --goal limit-accounts"),
        (["--root", "/nowhere"], "/nowhere"),
    ],
)
def test_wrong_usage_is_one_line_and_a_hint(arguments: list[str], why: str) -> None:
    """Exit code 2, and nothing on standard output."""
    heard = call("plan", *arguments)
    first, hint = heard.err.splitlines()
    assert (heard.code, heard.out, why in first, hint.startswith("  hint: ")) == (Exit.USAGE, "", True, True)


def test_a_rendering_goes_to_standard_output(copied: Path) -> None:
    """Alone: what is said of it goes to standard error."""
    script = call("plan", "--root", str(copied), "--format", "sh")
    assert script.out.startswith("#!/bin/sh\n")
    assert script.err.startswith("tightlip: plan ")
    assert json.loads(call("plan", "--root", str(copied), "--format", "json").out)["hash"][:12] in script.err
