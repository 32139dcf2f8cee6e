"""The GSSAPI library's lists of mechanisms: what registers NTLM, what only looks so, and what cannot be told."""

from collections.abc import Generator, Mapping

import pytest
from msgspec.structs import replace

from tests.unit.products.answering import answered
from tests.unit.products.gss import COMMENT, FILE, KEYTAB, LINE, NOTHING, NTLMSSP, OID, PLUGIN, REGISTERED
from tightlip.model.finding import Place
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._gss_config import Named
from tightlip.products._gss_lists import joined
from tightlip.products._gss_mechs import Carriage, Share, carriage, withdrawn
from tightlip.products._product import Answer, Declined, Files, Instance, Request
from tightlip.syntax.spans import apply

BARE = Files(instance=Instance(product="dovecot", config="/etc/dovecot/dovecot.conf"), files=())
GSSAPI = frozenset({"GSSAPI"})


def told(files: Mapping[str, bytes]) -> Files:
    """What is collected of a host with these files."""

    def collecting() -> Generator[Request, Answer, Files]:
        return (yield from joined(BARE, Named()))

    return answered(collecting(), files)


def doubt(files: Mapping[str, bytes]) -> str:
    """Why it cannot be told."""
    return carriage(told(files)).doubt


def test_the_packages_own_file_registers_ntlm_at_its_line() -> None:
    """With its plugin there; the comments in front are none of it."""
    assert carriage(told(NTLMSSP)) == Carriage(entry=Place(FILE, 3, "gssntlmssp_v1", f"{OID} {PLUGIN}"))


@pytest.mark.parametrize(
    "text",
    [
        b"#" + LINE,
        LINE.replace(b".10\t", b".11\t"),
        b"gssntlmssp_v1\n",
        b"spnego_v1 1.3.6.1.5.5.2 /usr/lib/spnego.so\n",
        b"",
    ],
)
def test_what_is_no_registration_is_none(text: bytes) -> None:
    """A comment, another mechanism's OID, a line without one."""
    assert carriage(told({FILE: text, PLUGIN: b""})) == Carriage()


@pytest.mark.parametrize(
    "spelling",
    [
        f"{{{OID}}}",
        f"{OID}.",
        f"0{OID}",
        f"{OID}}}",
        f"{{{OID}.}}x",
        f"{OID}abc",
        "1..3.6.1.4.1.311.2.2.10",
        "1.003.6.1.4.1.311.2.2.0010",
    ],
)
def test_ntlm_s_oid_is_found_as_the_library_spells_it(spelling: str) -> None:
    """Each was asked of MIT Kerberos 1.20: it indicates NTLM; and each line becomes a comment."""
    text = f"x {spelling} {PLUGIN}\n".encode()
    files = told({FILE: text, PLUGIN: b""})
    assert carriage(files) == Carriage(entry=Place(FILE, 1, "x", f"{spelling} {PLUGIN}"))
    share = withdrawn(files, GSSAPI, WithdrawMechanism(host_wide=True), "")
    assert isinstance(share, Share)
    (edit,) = share.edits
    assert apply(text, [hunk.splice for hunk in edit.hunks]) == b"#" + text


@pytest.mark.parametrize(
    "spelling",
    [
        f"{{{OID}",
        f".{OID}",
        f'"{OID}"',
        "NTLM",
        "1",
        "3.6.1",
        "0.43.6.1",
        f"{OID}.18446744073709551626",
        f"{{{{{OID}}}}}",
    ],
)
def test_an_oid_that_is_not_understood_is_a_doubt_at_its_line(spelling: str) -> None:
    """Never no registration: another version of the library may take it."""
    text = f"# said\nx {spelling} {PLUGIN}\n".encode()
    assert doubt({FILE: text, PLUGIN: b""}) == f"{FILE}:2 names a plugin, and by which OID is not understood"
    assert carriage(told({FILE: text + LINE, PLUGIN: b""})).entry


@pytest.mark.parametrize(
    "text", [f" # x {OID} {PLUGIN}\n", f"x {OID}0 {PLUGIN}\n", f"x {OID}.0 {PLUGIN}\n", "a word\n"]
)
def test_what_the_library_certainly_passes_over_is_no_doubt(text: str) -> None:
    """An indented comment, another OID, a line that names no plugin."""
    assert carriage(told({FILE: text.encode(), PLUGIN: b""})) == Carriage()


def test_a_line_that_the_library_takes_for_two_is_a_doubt() -> None:
    """It reads 8191 bytes at once: the comment ends there."""
    text = b"#" + b" " * 8_190 + LINE
    assert doubt({FILE: text, PLUGIN: b""}) == f"{FILE}:1 could not be read: too long for one line"


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ("/usr/lib/gss/ntlmssp.so", "ntlmssp.so"),
        ("/usr/lib64/gss/ntlmssp.so", "ntlmssp.so"),
        ("/usr/lib/x86_64-linux-gnu/gss/ntlmssp.so", "ntlmssp.so"),
    ],
)
def test_a_plugin_without_a_path_stands_in_the_librarys_own_folder(path: str, named: str) -> None:
    """And one of that name elsewhere is not it."""
    listed = {FILE: f"ntlm {OID} {named}\n".encode()}
    assert carriage(told({**listed, path: b""})).entry
    assert "its plugin was not found" in doubt({**listed, "/opt/ntlmssp.so": b""})


def test_the_older_list_counts_as_well() -> None:
    """/etc/gss/mech, which is one file; of the folder nothing is known beside it."""
    found = carriage(told({"/etc/gss/mech": LINE, PLUGIN: b""}))
    assert found.entry
    assert found.entry.file == "/etc/gss/mech"


def test_what_cannot_be_told_says_why() -> None:
    """No plugin, no folder, a line that cannot be read."""
    assert doubt(REGISTERED) == f"it is registered there ({FILE}:3), and its plugin was not found"
    assert doubt({}) == "/etc/gss/mech.d could not be looked at: No such file or directory"
    assert doubt({FILE: b"a\x00b\n"}) == f"{FILE}:1 could not be read: control character 0x00"
    assert doubt({FILE: f"ntlm {OID} /usr/*/x.so\n".encode(), "/usr/lib/x.so": b""}).endswith(
        "its plugin was not found"
    )


def test_on_the_host_itself_what_is_not_there_is_not_registered() -> None:
    """Of a copy it may not have been copied."""
    assert carriage(replace(told({}), live=True)) == Carriage()


def test_lists_without_number_are_not_all_read() -> None:
    """A hundred are; the rest is a doubt, unless one of those registers it."""
    many = {f"/etc/gss/mech.d/{number:04}.conf": b"" for number in range(101)}
    assert doubt(many) == "/etc/gss/mech.d could not be looked at: more than 100 files"


def test_keys_are_never_read() -> None:
    """That a keytab is there is all that is asked."""
    assert "secret" not in repr(told(NTLMSSP | KEYTAB))
    assert "/etc/krb5.keytab" in told(NTLMSSP | KEYTAB).seen


def test_without_a_keytab_the_mechanism_goes() -> None:
    """And nothing else is touched."""
    share = withdrawn(told(NTLMSSP), GSSAPI, WithdrawMechanism(), "")
    assert isinstance(share, Share)
    assert (share.dropped, share.edits, share.advice) == (GSSAPI, (), ())


def test_with_a_keytab_it_stays_and_the_line_is_named() -> None:
    """What to do about it is for a person to decide."""
    share = withdrawn(told(NTLMSSP), GSSAPI, WithdrawMechanism(), "/etc/krb5.keytab is there")
    assert isinstance(share, Share)
    assert (share.dropped, share.edits) == (frozenset(), ())
    assert [each.place for each in share.advice] == [carriage(told(NTLMSSP)).entry]
    assert "--host-wide" in share.advice[0].text


@pytest.mark.parametrize(
    "text", [COMMENT + LINE, LINE + LINE, COMMENT + LINE.rstrip(b"\n"), LINE.replace(b"\n", b"\r\n")]
)
def test_host_wide_every_line_of_it_becomes_a_comment(text: bytes) -> None:
    """The rest stays byte for byte, and what is read afterwards registers nothing."""
    files = told({FILE: text, PLUGIN: b"", "/etc/gss/mech.d/other.conf": b"spnego 1.3.6.1.5.5.2 /s.so\n"})
    share = withdrawn(files, GSSAPI, WithdrawMechanism(host_wide=True), "/etc/krb5.keytab is there")
    assert isinstance(share, Share)
    (edit,) = share.edits
    after = apply(text, [hunk.splice for hunk in edit.hunks])
    assert (edit.path, after) == (FILE, text.replace(b"gssntlmssp_v1", b"#gssntlmssp_v1"))
    assert carriage(told({FILE: after, PLUGIN: b""})) == Carriage()


def test_a_list_that_was_not_read_whole_is_not_edited() -> None:
    """The line is named."""
    share = withdrawn(told({FILE: LINE + b"\x00\n", PLUGIN: b""}), GSSAPI, WithdrawMechanism(host_wide=True), "")
    assert isinstance(share, Declined)
    assert share.place
    assert share.place.line == 2


@pytest.mark.parametrize(
    ("files", "names", "mechanisms"),
    [(NOTHING, GSSAPI, ("GSSAPI",)), (NTLMSSP, frozenset({"PLAIN"}), ("GSSAPI",)), (NTLMSSP, GSSAPI, ("NTLM",))],
)
def test_elsewhere_nothing_is_done(
    files: Mapping[str, bytes], names: frozenset[str], mechanisms: tuple[str, ...]
) -> None:
    """It carries Kerberos alone, is not offered, or was not to be withdrawn."""
    assert withdrawn(told(files), names, WithdrawMechanism(mechanisms), "") == Share()


def test_a_doubt_is_advice() -> None:
    """Never nothing to do."""
    share = withdrawn(told({}), GSSAPI, WithdrawMechanism(), "")
    assert isinstance(share, Share)
    assert "could not be told" in share.advice[0].text
