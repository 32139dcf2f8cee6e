"""``tightlip decode``: the same message however it is given, every field, every byte."""

import re
from base64 import b64encode
from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.ntlm.wire import DOVECOT, EXIM, SAMBA, WINDOWS, Message, pair, utf16
from tightlip.model.errors import Exit
from tightlip.ntlm.spnego import wrap_negotiate

DUMPS = Path(__file__).parents[1] / "ntlm" / "dumps"
TEXT = b64encode(WINDOWS).decode()
AUTHENTICATE = b"NTLMSSP\0" + (3).to_bytes(4, "little") + b"\x18\0\x18\0" + b"secret" * 20

WAYS = [
    TEXT,
    f"+ {TEXT}",
    f"334 {TEXT}",
    f"WWW-Authenticate: NTLM {TEXT}",
    WINDOWS.hex(),
    WINDOWS.hex(" "),
]


@pytest.mark.parametrize("way", WAYS, ids=lambda way: way[:20])
def test_a_message_is_the_same_however_it_is_written(way: str) -> None:
    """Base64, hex and what servers put before it, as an argument and on standard input."""
    expected = [TEXT]
    for heard in (call("decode", "--format", "json", way), call("decode", "--format", "json", stdin=way.encode())):
        assert heard.code == Exit.OK
        assert [message["raw"] for message in heard.document["messages"]] == expected


def test_a_capture_of_tcpdump_is_read(tmp_path: Path) -> None:
    """Each packet's message once, by file and by standard input; what stands in the column of text is none."""
    dump = (DUMPS / "tcpdump-X.txt").read_bytes()
    (tmp_path / "dump").write_bytes(dump)
    for heard in (
        call("decode", str(tmp_path / "dump"), "--format", "json"),
        call("decode", "--format", "json", stdin=dump),
    ):
        assert heard.code == Exit.OK
        assert [(each["type"], each["size"]) for each in heard.document["messages"]] == [(1, 40), (2, 222), (2, 222)]


@pytest.mark.parametrize("end", [b"0x00d0:", b"0x0040:"])
def test_a_dump_without_its_beginning_is_no_message(end: bytes) -> None:
    """Its text still shows base64 beside the hex: exit code 2, and not a message of its first nine bytes."""
    dump = (DUMPS / "tcpdump-X.txt").read_bytes().split(b"\n06:")[1]
    rows = [row for row in dump.splitlines() if row.startswith(b"\t") and end not in row]
    heard = call("decode", stdin=b"\n".join(rows[4:]))
    assert (heard.code, heard.out) == (Exit.USAGE, "")


def test_words_that_the_shell_split_are_one_message() -> None:
    """An unquoted prefix is an argument of its own, and so is every byte of spaced hex."""
    for words in (["334", TEXT], WINDOWS.hex(" ").split()):
        assert [each["raw"] for each in call("decode", "--format", "json", *words).document["messages"]] == [TEXT]


def test_a_file_is_read_raw_or_as_text(tmp_path: Path) -> None:
    """What an existing file holds is decoded, not its name; - is standard input, in its place."""
    (tmp_path / "raw").write_bytes(WINDOWS)
    (tmp_path / "text").write_text(f"+ {b64encode(SAMBA).decode()}\n")
    files = [str(tmp_path / "raw"), "-", str(tmp_path / "text")]
    heard = call("decode", *files, "--format", "json", stdin=b64encode(EXIM))
    assert [each["source"] for each in heard.document["messages"]] == [files[0], "standard input", files[2]]
    assert [each["implementation"] for each in heard.document["messages"]] == ["windows", "exim", "samba"]


def test_machines_get_every_field() -> None:
    """The record holds the disclosed fields under the keys of a scan's records, the flags by name, the pairs raw."""
    message = call("decode", "--format", "json", TEXT).document["messages"][0]
    assert message["fields"] == {
        "target_name": "CORPLAB",
        "netbios_computer_name": "POPSRV01",
        "netbios_domain_name": "CORPLAB",
        "dns_computer_name": "popsrv01.corp.lab.test",
        "dns_domain_name": "corp.lab.test",
        "dns_tree_name": "lab.test",
        "product_version": "10.0.17763",
        "product": "Windows 10 1809, Server 2019 or Server 1809",
        "system_time": "2024-01-17T21:20:00Z",
    }
    assert message["flags"]["value"] == "0xa2898205"
    assert {"UNICODE", "TARGET_INFO", "VERSION", "56"} < set(message["flags"]["names"])
    assert message["server_challenge"] == "0123456789abcdef"
    assert [each["id"] for each in message["av_pairs"]] == [2, 1, 4, 3, 5, 7]
    assert bytes.fromhex(message["av_pairs"][1]["value"]) == utf16("POPSRV01")
    assert (message["type"], message["size"], message["envelope"]) == (2, len(WINDOWS), 0)


def test_a_person_gets_every_field_in_80_columns() -> None:
    """Each disclosed field has its row, the server code its reason; nothing is wider than 80, coloured or padded."""
    heard = call("decode", TEXT)
    for row in (
        "NetBIOS computer name  POPSRV01",
        "DNS computer name      popsrv01.corp.lab.test",
        "version                10.0.17763",
        "server's clock         2024-01-17 21:20:00 UTC",
    ):
        assert f"  {row}\n" in heard.out
    assert re.search(r"^  server code +windows: \w", heard.out, re.MULTILINE)
    assert max(map(len, heard.out.splitlines())) <= 80
    assert not re.search(r"\x1b| $", heard.out, re.MULTILINE)


@pytest.mark.parametrize("message", [WINDOWS, SAMBA, DOVECOT, EXIM], ids=["windows", "samba", "dovecot", "exim"])
def test_the_hex_view_shows_every_byte_and_every_byte_has_its_field(message: bytes) -> None:
    """The rows spell the message; the ranges below them cover it without a gap."""
    out = call("decode", message.hex()).out
    rows = re.findall(r"^  [0-9a-f]{4}  ((?:[0-9a-f]{2}[ |])+)", out, re.MULTILINE)
    assert bytes.fromhex("".join(rows).replace("|", " ")) == message
    ranges = [
        (int(first, 16), int(last, 16)) for first, last in re.findall(r"^  [ !?] (\w{4})-(\w{4}) ", out, re.MULTILINE)
    ]
    assert [first for first, _ in ranges] == [0, *(last + 1 for _, last in ranges[:-1])]
    assert ranges[-1][1] == len(message) - 1


def test_a_name_is_marked_and_an_oddity_told() -> None:
    """In the list of fields ! stands before what tells about the host; an oddity has its name and its byte."""
    out = call("decode", SAMBA.hex()).out
    assert re.search(r"^  ! \w{4}-\w{4} AV pair 1: NetBIOS computer name +MAIL$", out, re.MULTILINE)
    assert re.search(r"^    \w{4}-\w{4} signature", out, re.MULTILINE)
    assert re.search(r"^  odd +empty name: DNS domain name \(at byte \d+\)$", out, re.MULTILINE)


def test_a_message_without_names_says_so() -> None:
    """Exim's challenge gives nothing away; that is a result."""
    heard = call("decode", EXIM.hex())
    assert heard.code == Exit.OK
    assert "gives away        nothing" in heard.out


def test_an_envelope_is_taken_off_and_told() -> None:
    """Inside GSS-SPNEGO the same message is found; its own bytes are shown, the envelope is counted."""
    wrapped = wrap_negotiate(WINDOWS)
    message = call("decode", "--format", "json", wrapped.hex()).document["messages"][0]
    assert message["raw"] == TEXT
    assert message["envelope"] == len(wrapped) - len(WINDOWS)


def test_a_login_is_named_and_not_shown() -> None:
    """A type 3 message may hold what a password can be guessed from: no byte of it is printed for a person."""
    heard = call("decode", AUTHENTICATE.hex())
    assert heard.code == Exit.OK
    assert heard.out.startswith("NTLM authenticate message")
    assert "73 65 63" not in heard.out
    assert "secret" not in heard.out


@pytest.mark.parametrize("words", [["hello"], ["+", "OK"], ["aGVsbG8="], ["./no-such-file"], [""]])
def test_what_holds_no_message_is_wrong_usage(words: list[str]) -> None:
    """One line and a hint, exit code 2, nothing on standard output."""
    heard = call("decode", *words)
    assert (heard.code, heard.out, heard.err.count("\n")) == (Exit.USAGE, "", 2)
    assert heard.err.startswith("tightlip: no NTLM message in ")


@pytest.mark.parametrize("name", ["/nonexistent", "./no-such-file", "challenge.bin", "~/some folder/challenge", "/"])
def test_a_name_without_a_file_is_told_as_such(name: str) -> None:
    """Whoever meant a file learns that there is none; as text it held no message either."""
    heard = call("decode", name)
    said = f"tightlip: no NTLM message in {name!r} (there is no such file)"
    assert (heard.code, heard.out, heard.err.splitlines()[0]) == (Exit.USAGE, "", said)


@pytest.mark.parametrize("words", [["hello"], ["aGVsbG8="], ["+OK ready."], ["+", "OK."]])
def test_text_is_not_taken_for_a_name(words: list[str]) -> None:
    """Nobody looks for a file that is called like the line of a transcript."""
    assert "file" not in call("decode", *words).err.splitlines()[0]


def test_one_barren_file_does_not_hide_the_others(tmp_path: Path) -> None:
    """The messages are shown, the file without one is named, and the exit code tells."""
    (tmp_path / "barren").write_text("nothing")
    heard = call("decode", str(tmp_path / "barren"), "-", "--format", "json", stdin=WINDOWS)
    assert [each["raw"] for each in heard.document["messages"]] == [TEXT]
    assert str(tmp_path / "barren") in heard.err
    assert heard.code == Exit.USAGE


def test_an_oversized_input_is_refused(tmp_path: Path) -> None:
    """Nothing of more than 4 MiB is read to its end."""
    (tmp_path / "large").write_bytes(b"A" * ((4 << 20) + 1))
    heard = call("decode", str(tmp_path / "large"))
    assert heard.code == Exit.USAGE
    assert "4 MiB" in heard.err


def test_names_cannot_steer_the_terminal() -> None:
    """An escape and a reversed reading order in a name are written out, in text and in JSON."""
    hostile = Message(
        flags=0x00820205, name=utf16("\x1b[2J\u202egnp"), info=pair(3, utf16("\x1b]0;x\x07")) + bytes(4)
    ).encode()
    out = call("decode", hostile.hex()).out
    assert "target name        \\x1b[2J\\u202egnp" in out
    assert "\x1b" not in out + call("decode", "--format", "json", hostile.hex()).out
    assert "\u202e" not in out + call("decode", "--format", "json", hostile.hex()).out


@pytest.mark.parametrize("size", [12, 31, 32, 40, 42, 47, 55, 56])
def test_of_a_message_that_is_cut_short_nothing_is_said_to_be_kept(size: int) -> None:
    """Wherever it ends before its first name: what it would have given away cannot be told."""
    message = Message(flags=0x02800205, name=utf16("MAIL1"), version=bytes(8)).encode()[:size]
    heard = call("decode", b64encode(message).decode())
    assert "cannot be told: the message is cut short" in heard.out
    assert "nothing: no name" not in heard.out


def test_a_whole_message_without_names_gives_nothing_away() -> None:
    """Nothing is promised, and nothing is cut off."""
    bare = b"NTLMSSP\0\2\0\0\0" + bytes(4) + b"\x30\0\0\0" + b"\x05\2\0\0" + bytes(range(8)) + bytes(16)
    assert "nothing: no name, no version, no clock" in call("decode", b64encode(bare).decode()).out


@pytest.mark.parametrize("stray", ["garbage", "garbage more", "gone.txt"])
def test_a_word_behind_a_message_that_holds_none_is_told(stray: str) -> None:
    """The message is decoded, and each other word was meant as something."""
    heard = call("decode", TEXT, *stray.split())
    assert heard.code == Exit.USAGE
    assert heard.out.count("NTLM challenge message") == 1
    for each in stray.split():
        assert f"no NTLM message in '{each}'" in heard.err


@pytest.mark.parametrize(
    "words", [("334", TEXT), ("+", TEXT), ("WWW-Authenticate:", "NTLM", TEXT), (TEXT[:50], TEXT[50:])]
)
def test_words_that_belong_to_one_message_are_no_strays(words: tuple[str, ...]) -> None:
    """What a server says before it, and a message in pieces; in hex as well."""
    assert call("decode", *words).code == Exit.OK
    assert call("decode", *WINDOWS.hex(" ").split()).code == Exit.OK


@pytest.mark.parametrize("size", [12, 23])
def test_a_message_that_ends_before_its_flags_has_none(size: int) -> None:
    """Zero would be flags that say something."""
    stump = WINDOWS[:size].hex()
    assert "none: the message ends before them" in call("decode", stump).out
    assert call("decode", "--format", "json", stump).document["messages"][0]["flags"] is None
