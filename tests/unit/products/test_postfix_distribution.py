"""Which smtpd.conf Postfix reads: Debian's has a folder of its own for it, which others know nothing of."""

import pytest

from tests.unit.products.answering import answered
from tests.unit.products.postfixes import AUTH, CERT, INSTANCE, MAIN, MASTER, SASL, SMTP
from tightlip.model.posture import NoteKind, Posture
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._product import Mending
from tightlip.products.postfix import PRODUCT

ARCH = {"/etc/os-release": b'NAME="Arch Linux"\nID=arch\n'}
RED_HAT = {"/usr/lib/os-release": b'ID="rhel"\nID_LIKE="fedora"\n'}
MINT = {"/etc/os-release": b"NAME=Mint\nID=linuxmint\nID_LIKE='ubuntu debian'\n"}
PLUGINS = dict.fromkeys(("/usr/lib/sasl2/libplain.so", "/usr/lib/sasl2/libntlm.so"), b"")
OF_THE_LIBRARY = "/etc/sasl2/smtpd.conf"
PLAIN = b"mech_list: PLAIN\n"


def server(files: dict[str, bytes], main: str = "") -> Posture:
    """A Postfix with these files beside main.cf and master.cf."""
    texts = {MAIN: f"{AUTH}{CERT}{main}".encode(), MASTER: SMTP.encode(), **PLUGINS, **files}
    return PRODUCT.posture(answered(PRODUCT.collect(INSTANCE), texts))


def offers(found: Posture) -> list[str]:
    """The mechanisms that it accepts."""
    return [each.name for each in found.services[0].offers]


def doubts(found: Posture) -> list[str]:
    """The files that it is in doubt about."""
    return [note.file for note in found.notes if note.kind is NoteKind.DOUBT]


@pytest.mark.parametrize("system", [ARCH, RED_HAT], ids=["arch", "red-hat"])
def test_debian_s_file_counts_for_nothing_elsewhere(system: dict[str, bytes]) -> None:
    """Without a list where the library looks every plugin is offered (SASL_README); a note names the file."""
    found = server({SASL: PLAIN, **system})
    assert (offers(found), doubts(found)) == (["PLAIN", "NTLM"], [])
    assert [note.file for note in found.notes if note.kind is NoteKind.HARMLESS] == [SASL]
    assert found.services[0].offers[0].place.file == OF_THE_LIBRARY


def test_the_library_s_file_is_read_elsewhere() -> None:
    """What stands beside main.cf takes nothing away from it, nor does it add anything."""
    found = server({SASL: b"mech_list: NTLM\n", OF_THE_LIBRARY: PLAIN, **ARCH})
    assert (offers(found), doubts(found)) == (["PLAIN"], [])


def test_a_folder_that_main_cf_names_is_read_elsewhere() -> None:
    """Debian's folder too."""
    found = server({SASL: PLAIN, **ARCH}, "cyrus_sasl_config_path = $config_directory/sasl\n")
    assert (offers(found), doubts(found)) == (["PLAIN"], [])


@pytest.mark.parametrize("system", [MINT, {"/etc/debian_version": b"12.5\n"}], ids=["mint", "debian"])
def test_debian_and_its_derivatives_read_their_own(system: dict[str, bytes]) -> None:
    """Whatever cyrus_sasl_config_path says."""
    found = server({SASL: PLAIN, OF_THE_LIBRARY: b"", **system}, "cyrus_sasl_config_path = /etc/sasl2\n")
    assert (offers(found), doubts(found)) == (["PLAIN"], [])


@pytest.mark.parametrize("system", [{}, {"/etc/os-release": b'NAME="Some Linux"\nID=linux\n'}], ids=["none", "no-id"])
@pytest.mark.parametrize("path", [SASL, OF_THE_LIBRARY])
def test_a_file_of_an_unknown_distribution_is_a_doubt(system: dict[str, bytes], path: str) -> None:
    """One of the two is read there, and nobody knows which."""
    found = server({path: PLAIN, **system})
    assert (offers(found), doubts(found)) == (["PLAIN"], [path])


def test_where_the_library_looks_a_missing_file_is_made() -> None:
    """The advice of a plan names a file that is read."""
    texts = {MAIN: AUTH.encode(), MASTER: SMTP.encode(), SASL: PLAIN, **PLUGINS, **ARCH}
    mending = PRODUCT.edit(answered(PRODUCT.collect(INSTANCE), texts), WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert mending.edits == ()
    assert mending.advice[0].text.startswith(f"{OF_THE_LIBRARY} is not there")
