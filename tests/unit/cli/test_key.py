"""``tightlip key``: a key is made once, its public half printed for the policy, its passphrase never an argument."""

import stat
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip.model.errors import Exit
from tightlip.remediate.approval import read_key


def keys(tmp_path: Path) -> Path:
    """The folder of this test's keys."""
    return tmp_path / "config" / "tightlip" / "keys"


def test_new_prints_the_public_half_and_keeps_the_private_one(tmp_path: Path) -> None:
    """One line on standard output, fit for a policy; the file is 0600."""
    heard = call("key", "new", "--name", "anna")
    assert heard.code == Exit.OK
    (line,) = heard.out.splitlines()
    assert line.endswith(" anna")
    read_key(line)
    assert stat.S_IMODE((keys(tmp_path) / "anna.pem").stat().st_mode) == 0o600
    assert call("key", "show").out == heard.out


def test_show_without_keys_prints_nothing() -> None:
    """And is no error; whoever looks at it is told that there are none."""
    heard = call("key", "show")
    assert (heard.code, heard.out) == (Exit.OK, "")
    assert heard.err == "No keys yet. Make one with: tightlip key new\n"
    call("key", "new")
    assert call("key", "show").err == ""


def test_a_second_key_of_the_same_name_is_refused(tmp_path: Path) -> None:
    """The first one is still there."""
    call("key", "new")
    before = (keys(tmp_path) / "default.pem").read_bytes()
    assert call("key", "new").code == Exit.USAGE
    assert (keys(tmp_path) / "default.pem").read_bytes() == before


def test_a_passphrase_comes_out_of_a_file(tmp_path: Path) -> None:
    """The key is encrypted; the passphrase is in no output."""
    secret = tmp_path / "secret"
    secret.touch(0o600)
    secret.write_text("correct horse\nnot this\n")
    heard = call("key", "new", "--passphrase-file", str(secret))
    assert heard.code == Exit.OK
    assert "correct horse" not in heard.out + heard.err
    assert b"ENCRYPTED" in (keys(tmp_path) / "default.pem").read_bytes()


@pytest.mark.parametrize(
    ("content", "mode", "why"),
    [
        ("correct horse\n", 0o640, "others may read it"),
        ("correct horse\n", 0o604, "others may read it"),
        ("", 0o600, "is empty"),
        ("\nsecond line\n", 0o600, "is empty"),
        ("x" * 5_000, 0o600, "too long"),
    ],
)
def test_a_bad_passphrase_file_makes_no_key(tmp_path: Path, content: str, mode: int, why: str) -> None:
    """And the content is not shown."""
    secret = tmp_path / "secret"
    secret.write_text(content)
    secret.chmod(mode)
    heard = call("key", "new", "--passphrase-file", str(secret))
    assert heard.code == Exit.USAGE
    assert why in heard.err
    assert "horse" not in heard.err
    assert not keys(tmp_path).exists()


def test_without_a_terminal_no_passphrase_is_asked_for(tmp_path: Path) -> None:
    """A script must not hang, nor get a key without one."""
    heard = call("key", "new", "--passphrase")
    assert heard.code == Exit.USAGE
    assert "no terminal" in heard.err
    assert not keys(tmp_path).exists()
