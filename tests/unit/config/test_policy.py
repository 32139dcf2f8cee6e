"""The policy on changes: whose file it is decides whether it holds, and nothing in it is guessed."""

import os
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from tightlip.config.policy import read_policy
from tightlip.model.errors import Exit, TightlipError, UsageError
from tightlip.remediate.approval import key_text
from tightlip.remediate.permission import Policy

ANNA, BERT = (key_text(Ed25519PrivateKey.from_private_bytes(each * 32).public_key()) for each in (b"a", b"b"))
GOOD = f'[policy]\napprovals = 2\nseparate = true\nkeys = ["{ANNA} anna", "{BERT} bert"]\n'

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can write what root alone may write")


def system(folder: Path, text: str = GOOD) -> Path:
    """A system-wide file with this text, where nobody else may write."""
    path = folder / "etc" / "tightlip.toml"
    path.parent.mkdir(exist_ok=True)
    path.parent.chmod(0o755)
    path.write_text(text, encoding="utf-8")
    path.chmod(0o644)
    return path


def read(folder: Path, path: Path | None = None, **environment: str) -> Policy:
    """The policy with a home folder of its own."""
    return read_policy(path or folder / "nowhere" / "tightlip.toml", {"HOME": str(folder / "home")} | environment)


def test_without_a_file_nothing_is_asked(tmp_path: Path) -> None:
    """No approvals, no keys."""
    assert read(tmp_path) == Policy()


@as_root
def test_what_is_written_holds(tmp_path: Path) -> None:
    """Keys without their names."""
    assert read(tmp_path, system(tmp_path)) == Policy(approvals=2, keys=(ANNA, BERT), separate=True)


@as_root
def test_one_approval_is_asked_for_where_only_keys_are_written(tmp_path: Path) -> None:
    """Whoever lists keys wants approvals."""
    assert read(tmp_path, system(tmp_path, f'[policy]\nkeys = ["{ANNA}"]')).approvals == 1


@as_root
def test_no_variable_and_no_file_of_a_user_goes_before_the_systems(tmp_path: Path) -> None:
    """TIGHTLIP_CONFIG names a laxer one in vain."""
    lax = tmp_path / "lax.toml"
    lax.write_text("[policy]\napprovals = 0\n")
    assert read(tmp_path, system(tmp_path), TIGHTLIP_CONFIG=str(lax)).approvals == 2


@as_root
def test_where_the_system_has_none_the_settings_file_is_asked(tmp_path: Path) -> None:
    """It must be as well guarded."""
    own = tmp_path / "own.toml"
    own.write_text(GOOD)
    own.chmod(0o644)
    bare = system(tmp_path, "[scope]\n")
    assert read(tmp_path, bare, TIGHTLIP_CONFIG=str(own)).approvals == 2
    own.chmod(0o664)
    with pytest.raises(TightlipError, match="others than root may write it") as refused:
        read(tmp_path, bare, TIGHTLIP_CONFIG=str(own))
    assert refused.value.exit_code is Exit.REFUSED


@as_root
def test_a_settings_file_without_a_policy_may_be_anybodys(tmp_path: Path) -> None:
    """It decides nothing."""
    own = tmp_path / "own.toml"
    own.write_text("[scope]\n")
    own.chmod(0o664)
    assert read(tmp_path, TIGHTLIP_CONFIG=str(own)) == Policy()


@as_root
@pytest.mark.parametrize("text", [GOOD, "", "[scope]\n"], ids=["a policy", "empty", "no policy"])
@pytest.mark.parametrize("where", ["file", "folder", "folder above"])
@pytest.mark.parametrize("how", ["group", "everybody", "owner"])
def test_what_others_may_write_is_refused(tmp_path: Path, where: str, how: str, text: str) -> None:
    """Also where no policy stands in it: they could have taken it away. Exit code 6."""
    path = system(tmp_path, text)
    place = {"file": path, "folder": path.parent, "folder above": tmp_path}[where]
    if how == "owner":
        os.chown(place, 1234, -1)
    else:
        place.chmod(0o775 if how == "group" else 0o757)
    with pytest.raises(TightlipError, match="others than root may write it") as refused:
        read(tmp_path, path)
    assert refused.value.exit_code is Exit.REFUSED
    assert str(place) in refused.value.message


@as_root
def test_a_link_is_followed_to_the_end(tmp_path: Path) -> None:
    """The link is root's, what it points to is not."""
    path = system(tmp_path)
    theirs = tmp_path / "theirs"
    theirs.mkdir()
    path.rename(theirs / "real.toml")
    path.symlink_to(theirs / "real.toml")
    assert read(tmp_path, path).approvals == 2
    os.chown(theirs, 1234, -1)
    with pytest.raises(TightlipError, match="others than root may write it"):
        read(tmp_path, path)


@as_root
def test_a_link_in_the_middle_is_followed_hop_by_hop(tmp_path: Path) -> None:
    """Both ends are root's; whoever may write between them could lead to a laxer policy."""
    path = system(tmp_path)
    shared = tmp_path / "shared"
    shared.mkdir()
    (shared / "link").symlink_to(path.parent)
    (tmp_path / "named").symlink_to(shared / "link")
    named = tmp_path / "named" / path.name
    assert read(tmp_path, named).approvals == 2
    shared.chmod(0o777)
    for _ in range(2):
        with pytest.raises(TightlipError, match="shared holds the policy, and others than root may write it"):
            read(tmp_path, named)
        (shared / "link").unlink(missing_ok=True)  # to take the link away is no way out either


@as_root
@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("policy = 1", "policy is no table"),
        ("[policy]\napproval = 1", "unknown key 'approval'"),
        ('[policy]\napprovals = "1"', "approvals in .policy. is no int"),
        ("[policy]\napprovals = true", "approvals in .policy. is no int"),
        ("[policy]\nseparate = 1", "separate in .policy. is no bool"),
        (f'[policy]\nkeys = "{ANNA}"', "keys in .policy. is no list"),
        ("[policy]\nkeys = [1]", "is no public key"),
        ('[policy]\nkeys = ["ed25519:AAAA"]', "is no public key"),
        ("[policy]", "1 approvals by 0 keys"),
        (f'[policy]\napprovals = 2\nkeys = ["{ANNA}"]', "2 approvals by 1 keys"),
        (f'[policy]\napprovals = 2\nkeys = ["{ANNA} anna", "{ANNA} bert"]', "2 approvals by 1 keys"),
        (f'[policy]\napprovals = -1\nkeys = ["{ANNA}"]', "-1 approvals"),
        ("[policy", "tightlip.toml"),
        ("x = " + "[" * 100_000, "tightlip.toml"),
    ],
)
def test_what_cannot_be_meant_is_refused(tmp_path: Path, text: str, why: str) -> None:
    """With the file's name; a policy that cannot be read is never taken for none."""
    with pytest.raises(UsageError, match=why):
        read(tmp_path, system(tmp_path, text))


@as_root
def test_the_same_key_spelled_in_two_ways_is_one_key(tmp_path: Path) -> None:
    """Base64 leaves two bits of the last letter open."""
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
    other = f"{ANNA[:-2]}{letters[letters.index(ANNA[-2]) + 1]}="
    with pytest.raises(UsageError, match="2 approvals by 1 keys"):
        read(tmp_path, system(tmp_path, f'[policy]\napprovals = 2\nkeys = ["{ANNA}", "{other}"]'))


@as_root
def test_a_system_file_that_says_whose_files_may_be_changed_switches_no_approvals_off(tmp_path: Path) -> None:
    """The refusal of a file in other hands says to write that line there; the policy stands in the settings file."""
    settings = tmp_path / "settings.toml"
    settings.write_text(GOOD)
    path = system(tmp_path, '[policy]\ntrusted_owners = ["cyrus", "%mail", "4242"]\n')
    assert read(tmp_path, path) == Policy(trusted_owners=("cyrus", "%mail", "4242"))
    both = read(tmp_path, path, TIGHTLIP_CONFIG=str(settings))
    assert (both.approvals, both.keys, both.trusted_owners) == (2, (ANNA, BERT), ("cyrus", "%mail", "4242"))
