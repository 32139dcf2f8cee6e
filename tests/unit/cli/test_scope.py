"""``tightlip scope``: entries are made, listed and revoked, decide what may be dialled, and are kept privately."""

import json
import os
import stat
from pathlib import Path

import pytest

from tests.unit.cli.calling import Heard, call
from tightlip.network.sources import own_addresses

WORD = ("--by", "A. Admin, [head] of mail", "--until", "2999-06-30")
SETTINGS = """
[[scope.allow]]
network = "203.0.113.0/24"
by = "B. Boss"
until = 2999-01-01
"""


def rehearse(*targets: str) -> Heard:
    """What would be dialled."""
    return call("scan", "--dry-run", *targets)


def test_an_entry_is_what_a_target_stands_on() -> None:
    """Without it nothing, with it on somebody's word, and nothing again once it is revoked."""
    assert rehearse("198.51.100.0/24").code == 3
    allowed = call("scope", "allow", "198.51.100.0/25", *WORD, "--note", "ticket 1")
    assert (allowed.code, allowed.out) == (0, "")
    listed = call("scope", "list")
    entry = next(line.split()[0] for line in listed.out.splitlines() if "198.51.100.0/25" in line)
    assert "A. Admin, [head] of mail" in listed.out
    assert "2999-06-30" in listed.out
    assert "ticket 1" in listed.out
    half = rehearse("198.51.100.0/24")
    assert half.out.splitlines()[0].startswith("would dial   198.51.100.0/25 (128 addresses)")
    assert "by A. Admin, [head] of mail until 2999-06-30" in half.out
    assert "would not    198.51.100.128/25 (128 addresses)  out of scope" in half.out
    assert half.code == 3
    assert rehearse("198.51.100.0/26", "::ffff:198.51.100.1").code == 0
    assert rehearse("198.51.100.200", "::ffff:198.51.100.200", "64:ff9b::198.51.100.200").code == 3
    assert call("scope", "revoke", entry).code == 0
    assert rehearse("198.51.100.1").code == 3
    assert "No entries" in call("scope", "list").out


def test_each_part_of_a_network_names_its_own_authority() -> None:
    """The most specific entry first, also for addresses that embed IPv4."""
    for network, by in (("198.51.100.0/24", "Group"), ("198.51.100.64/26", "Team")):
        call("scope", "allow", network, "--by", by, "--until", "2999-06-30")
    team = "[198.51.100.64/26, by Team until 2999-06-30]"
    group = "[198.51.100.0/24, by Group until 2999-06-30]"
    for wanted, parts in (
        ("198.51.100.0/24", ("198.51.100.64/26", "198.51.100.0/26", "198.51.100.128/25")),
        ("::ffff:198.51.100.0/121", ("::ffff:c633:6440/122", "::ffff:c633:6400/122")),
    ):
        lines = [line for line in rehearse(wanted).out.splitlines() if line.startswith("would dial")]
        assert [line.split()[2] for line in lines] == list(parts)
        assert [line.endswith(team) for line in lines] == [True] + [False] * (len(parts) - 1)
        assert [line.endswith(group) for line in lines] == [False] + [True] * (len(parts) - 1)


def test_loopback_and_own_addresses_are_always_in() -> None:
    """And nothing else is."""
    for address in (*own_addresses(), "127.255.255.255", "::1"):
        assert rehearse(address.partition("%")[0]).code == 0, address
    assert rehearse("224.0.0.1", "255.255.255.255", "0.0.0.0", "::", "ff02::1").out.count("never dialled") == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("allow", *WORD), "no network was named"),
        (("allow", "0.0.0.0/0", *WORD), "0.0.0.0/0"),
        (("allow", "::/0", *WORD), "::/0"),
        (("allow", "10.0.0.1/8", *WORD), "10.0.0.1/8"),
        (("allow", "mail.example.org", *WORD), "mail.example.org"),
        (("allow", "::ffff:10.0.0.0/104", *WORD), "in disguise"),
        (("allow", "10.0.0.0/8", "--by", "A"), "--until"),
        (("allow", "10.0.0.0/8", "--until", "2999-01-01"), "--by"),
        (("allow", "10.0.0.0/8", "--by", " ", "--until", "2999-01-01"), "by"),
        (("allow", "10.0.0.0/8", "--by", "A", "--until", "2020-01-01"), "is in the past"),
        (("allow", "10.0.0.0/8", "--by", "A", "--until", "soon"), "--until"),
        (("allow", "10.0.0.0/8", "--by", "A\x1b[2J", "--until", "2999-01-01"), "printable"),
        (("revoke",), "no entry was named"),
        (("revoke", "10.0.0.0/8"), "10.0.0.0/8"),
    ],
)
def test_a_bad_entry_is_refused(words: tuple[str, ...], said: str) -> None:
    """One line, a hint, exit code 2, and nothing is written."""
    heard = call("scope", *words)
    assert (heard.code, heard.out) == (2, "")
    assert said in heard.err.splitlines()[0]
    assert len(heard.err.splitlines()) <= 2
    assert "\x1b" not in heard.err
    assert "No entries" in call("scope", "list").out


def test_of_several_networks_all_are_allowed_or_none() -> None:
    """The last one is a typo."""
    assert call("scope", "allow", "10.0.0.0/8", "192.0.2.0/99", *WORD).code == 2
    assert "No entries" in call("scope", "list").out
    assert call("scope", "allow", "10.0.0.0/8", "192.0.2.0/24", *WORD).code == 0
    assert call("scope", "list").out.count("A. Admin") == 2


def test_files_are_private_whatever_the_umask(tmp_path: Path) -> None:
    """Folders 0700, files 0600: the scope, the store, and the key of the pseudonyms."""
    before = os.umask(0)
    try:
        call("scope", "allow", "10.0.0.0/8", *WORD)
        call("scan", "pop3://127.0.0.1:9", "--redact", "--format", "jsonl")
    finally:
        os.umask(before)
    made = [path for name in ("config", "data") for path in (tmp_path / name).rglob("*")]
    assert len(made) >= 4
    for path in (tmp_path / "config", tmp_path / "data", *made):
        assert stat.S_IMODE(path.stat().st_mode) == (0o700 if path.is_dir() else 0o600), path


def test_entries_of_the_settings_file_count(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """From the configuration folder or where TIGHTLIP_CONFIG points; they are listed, and cannot be revoked here."""
    file = tmp_path / "mine.toml"
    file.write_text(SETTINGS)
    file.chmod(0o600)
    assert rehearse("203.0.113.7").code == 3
    monkeypatch.setenv("TIGHTLIP_CONFIG", str(file))
    assert "by B. Boss until 2999-01-01" in rehearse("203.0.113.7").out
    listed = call("scope", "list").out.splitlines()[-1].split()
    assert listed[:3] == ["settings", "203.0.113.0/24", "2999-01-01"]
    assert call("scope", "revoke", "203.0.113.0/24").code == 2


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"scope": {"allow": 5}}', "\0", "[[scope.allow]]\n", SETTINGS.replace("203", "303")]
)
def test_damage_stops_everything_that_would_dial(tmp_path: Path, damage: str) -> None:
    """Of the settings file and of the entries: one line, exit code 2, the file as it was; loopback included."""
    call("scope", "allow", "10.0.0.0/8", *WORD)
    entries = next(path for path in (tmp_path / "config").rglob("scope.json*") if path.suffix != ".lock")
    for file in (entries, entries.parent / "tightlip.toml"):
        before = file.read_text() if file.exists() else None
        file.write_text(damage)
        file.chmod(0o600)
        for words in (("scan", "127.0.0.1:9"), ("scan", "--dry-run", "127.0.0.1"), ("scope", "list")):
            heard = call(*words)
            assert (heard.code, heard.out, len(heard.err.splitlines())) == (2, "", 2), heard
            assert str(file) in heard.err
        assert file.read_text() == damage
        if before is not None:
            file.write_text(before)


def test_a_run_records_what_it_stood_on() -> None:
    """In its summary and when it is told again."""
    call("scope", "allow", "10.0.0.0/8", *WORD)
    told = call("scan", "pop3://127.0.0.1:9", "10.0.0.0/32", "--exclude", "10.0.0.0/8", "--format", "jsonl")
    again = call("report", "--format", "jsonl")
    scope = [{"network": "127.0.0.0/8", "by": "built in: loopback", "until": None, "note": ""}]
    assert json.loads(told.out.splitlines()[-1])["scope"] == scope
    assert again.records[-1]["scope"] == scope
