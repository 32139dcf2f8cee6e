"""Keys of approvers: made once, private, opened with their passphrase alone."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tightlip.config.keys import LockedKey, load_key, make_key, public_keys
from tightlip.model.errors import UsageError
from tightlip.remediate.approval import key_text


@pytest.mark.parametrize("passphrase", [None, b"correct horse", "Straße".encode()])
def test_a_key_that_was_made_can_be_opened(tmp_path: Path, passphrase: bytes | None) -> None:
    """Both files are for their owner alone, and the public half is the private one's."""
    public = make_key(tmp_path / "keys", "anna@example.org", passphrase)
    assert key_text(load_key(tmp_path / "keys", "anna@example.org", passphrase).public_key()) == key_text(public)
    assert public_keys(tmp_path / "keys") == (f"{key_text(public)} anna@example.org",)
    assert {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()} == {0o600}
    assert (tmp_path / "keys").stat().st_mode & 0o777 == 0o700


def test_a_locked_key_asks_for_its_passphrase(tmp_path: Path) -> None:
    """It says so with an error of its own, upon which the command asks; a wrong one is another matter."""
    make_key(tmp_path, "anna", b"correct horse")
    with pytest.raises(LockedKey, match="has a passphrase"):
        load_key(tmp_path, "anna", None)
    with pytest.raises(UsageError, match="wrong passphrase") as wrong:
        load_key(tmp_path, "anna", b"wrong horse")
    assert not isinstance(wrong.value, LockedKey)


def test_a_passphrase_for_a_key_without_one_is_told(tmp_path: Path) -> None:
    """Whoever gives one believes that the key is protected."""
    make_key(tmp_path, "anna", None)
    with pytest.raises(UsageError, match="has no passphrase"):
        load_key(tmp_path, "anna", b"correct horse")


def test_a_key_is_never_replaced(tmp_path: Path) -> None:
    """The first one stays as it was."""
    first = make_key(tmp_path, "anna", None)
    with pytest.raises(UsageError, match="there is a key anna already"):
        make_key(tmp_path, "anna", None)
    assert key_text(load_key(tmp_path, "anna", None).public_key()) == key_text(first)


@pytest.mark.parametrize("name", ["", ".", "..", "../anna", "a/b", "a b", "-n", "a\n", "x" * 65, "é"])
def test_a_name_that_is_no_file_name_is_refused(tmp_path: Path, name: str) -> None:
    """Nothing is written anywhere."""
    with pytest.raises(UsageError, match="cannot name a key"):
        make_key(tmp_path / "keys", name, None)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620])
def test_a_private_key_that_others_may_touch_is_refused(tmp_path: Path, mode: int) -> None:
    """As ssh does: who knows who has it by now."""
    make_key(tmp_path, "anna", None)
    (tmp_path / "anna.pem").chmod(mode)
    with pytest.raises(UsageError, match="others may read it"):
        load_key(tmp_path, "anna", None)


def test_what_is_no_key_of_this_kind_is_refused(tmp_path: Path) -> None:
    """Nothing there, rubbish, RSA."""
    with pytest.raises(UsageError, match="there is no key anna"):
        load_key(tmp_path, "anna", None)
    rsa = generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    for content, why in ((b"rubbish", "no key"), (rsa, "no Ed25519 key")):
        path = tmp_path / "anna.pem"
        path.touch(0o600)
        path.write_bytes(content)
        with pytest.raises(UsageError, match=why):
            load_key(tmp_path, "anna", None)


def test_a_passphrase_that_no_key_can_have_is_refused(tmp_path: Path) -> None:
    """OpenSSL's limit is met with one line; no half of a key is left."""
    with pytest.raises(UsageError, match="this passphrase cannot be used"):
        make_key(tmp_path, "anna", b"x" * 2_000)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("what", ["a fifo", "a folder", "no text", "a link to nothing"])
def test_a_public_half_that_cannot_be_read_is_told(tmp_path: Path, what: str) -> None:
    """By its name, without waiting for anybody: a key that is left out would not be known for one's own."""
    path = tmp_path / "anna.pub"
    match what:
        case "a fifo":
            os.mkfifo(path)
        case "a folder":
            path.mkdir()
        case "no text":
            path.write_bytes(b"\xff")
        case _:
            path.symlink_to("nowhere")
    with pytest.raises(UsageError, match=f"cannot read the key {path}"):
        public_keys(tmp_path)


def test_a_folder_of_keys_that_is_none_is_told(tmp_path: Path) -> None:
    """It is not taken for one without keys."""
    (tmp_path / "keys").write_text("")
    with pytest.raises(UsageError, match="cannot read the keys in"):
        public_keys(tmp_path / "keys")


def test_no_folder_means_no_keys(tmp_path: Path) -> None:
    """Nothing is made by asking."""
    assert public_keys(tmp_path / "keys") == ()
    assert list(tmp_path.iterdir()) == []
