"""Cyrus SASL's NTLM plugin: what a list says of NTLM counts where it is there, on a proviso where none was seen."""

from collections.abc import Callable, Mapping

import pytest

from tests.unit.products import cases
from tests.unit.products.gss import NOTHING
from tests.unit.products.postfixes import AUTH, CERT, MAIN, MASTER, SASL, SMTP
from tests.unit.rules.postures import findings, view
from tightlip.model.posture import NoteKind, Posture
from tightlip.products import cyrus, postfix
from tightlip.products._product import Instance, Process

FOLDERS = ["/usr/lib/x86_64-linux-gnu/sasl2", "/usr/lib/sasl2", "/usr/lib64/sasl2", "/usr/local/lib/sasl2"]


def smtp(
    *plugins: str, mech_list: str = "mech_list: PLAIN NTLM\n", main: str = "", archives: Mapping[str, bytes] = {}
) -> Posture:
    """A Postfix with these plugin files."""
    texts = {MAIN: AUTH + CERT + main, MASTER: SMTP, SASL: mech_list}
    files = {path: text.encode() for path, text in texts.items()} | NOTHING | dict.fromkeys(plugins, b"")
    files |= archives
    return postfix.PRODUCT.posture(cases.read(postfix.PRODUCT, Instance(product="postfix", config=MAIN), files))


def imap(*plugins: str, mech_list: str = "sasl_mech_list: PLAIN NTLM\n", archives: Mapping[str, bytes] = {}) -> Posture:
    """A Cyrus with these plugin files."""
    texts = {"/etc/imapd.conf": mech_list, "/etc/cyrus.conf": 'SERVICES {\n  imap cmd="imapd" listen="imap"\n}\n'}
    files = {path: text.encode() for path, text in texts.items()} | NOTHING | dict.fromkeys(plugins, b"")
    files |= archives
    return cyrus.PRODUCT.posture(cases.read(cyrus.PRODUCT, Instance(product="cyrus", config="/etc/imapd.conf"), files))


SERVERS = pytest.mark.parametrize("server", [smtp, imap])


def summaries(found: Posture) -> list[str]:
    """What the rule says of it."""
    return [each.summary for each in findings("ntlm-discloses-host", view(found))]


@SERVERS
@pytest.mark.parametrize("folder", FOLDERS)
def test_a_plugin_that_is_there_answers(server: Callable[..., Posture], folder: str) -> None:
    """No proviso is made."""
    (summary,) = summaries(server(f"{folder}/libplain.so", f"{folder}/libntlm.so.2.0.25"))
    assert summary.startswith("NTLM accepted, and the first answer names the machine")


@SERVERS
@pytest.mark.parametrize("is_listed", [True, False])
def test_a_plugin_that_is_not_there_does_not(server: Callable[..., Posture], is_listed: bool) -> None:
    """Others of the folder were seen: what the list says of NTLM is of no effect, which a note says."""
    found = server(f"{FOLDERS[0]}/libplain.so") if is_listed else server(f"{FOLDERS[0]}/libplain.so", mech_list="\n")
    assert summaries(found) == []
    harmless = [note.text for note in found.notes if note.kind is NoteKind.HARMLESS]
    assert any("its plugin is not installed" in text for text in harmless) is is_listed


@SERVERS
@pytest.mark.parametrize("is_listed", [True, False])
def test_where_no_plugin_was_seen_it_is_said_on_a_proviso(server: Callable[..., Posture], is_listed: bool) -> None:
    """A copy may have been made without them."""
    (summary,) = summaries(server() if is_listed else server(mech_list="\n"))
    assert summary.startswith("NTLM (if the plugin is installed) accepted")


@SERVERS
def test_a_plugin_that_a_libtool_archive_names_is_loaded(server: Callable[..., Posture]) -> None:
    """dlopen.c: where there is an .la, the library is what its dlname says; without that, its own name counts."""
    folder = FOLDERS[1]
    archive = {f"{folder}/libplain.la": b"# a libtool library file\ndlname='libntlm.so.3'\n"}
    (summary,) = summaries(server(f"{folder}/libplain.so", archives=archive))
    assert summary.startswith("NTLM accepted")
    (summary,) = summaries(server(f"{folder}/libplain.so", archives={f"{folder}/libntlm.la": b""}))
    assert summary.startswith("NTLM accepted")
    harmless = {f"{folder}/libplain.la": b"dlname='libplain.so.3'\n"}
    assert summaries(server(f"{folder}/libplain.so", archives=harmless)) == []


@SERVERS
def test_a_plugin_of_a_second_library_counts_on_a_proviso(server: Callable[..., Posture]) -> None:
    """Which of the libraries the server is linked with is not seen."""
    (summary,) = summaries(server(f"{FOLDERS[0]}/libplain.so", "/usr/local/lib/sasl2/libntlm.so"))
    assert summary.startswith("NTLM (if the SASL library loads /usr/local/lib/sasl2/libntlm.so) accepted")


@SERVERS
@pytest.mark.parametrize("name", ["libown.so", "own.so", "libntlm-2.so", "libNTLM.so"])
def test_a_plugin_that_is_called_otherwise_may_have_it(server: Callable[..., Posture], name: str) -> None:
    """The library loads whatever ends in .so (dlopen.c); what Debian ships besides is known to have none."""
    (summary,) = summaries(server(f"{FOLDERS[0]}/libplain.so", f"{FOLDERS[0]}/{name}"))
    assert summary.startswith(f"NTLM (if {FOLDERS[0]}/{name} has it) accepted")
    (unlisted,) = summaries(server(f"{FOLDERS[0]}/libplain.so", f"{FOLDERS[0]}/{name}", mech_list="\n"))
    assert unlisted == summary
    assert (
        summaries(server(f"{FOLDERS[0]}/libplain.so", f"{FOLDERS[0]}/libsasldb.so", f"{FOLDERS[0]}/libanonymous.so"))
        == []
    )


OTHER = "import_environment = TZ, SASL_PATH=/srv/sasl:/srv/more\n"


def test_the_folders_of_sasl_path_are_looked_into_instead_of_the_library_s_own() -> None:
    """As sasl_common_init does (default_getpath_cb): the variable takes the place of the built-in path."""
    plugins = ("/srv/sasl/libplain.so", "/srv/more/libntlm.so", "/srv/more/.")
    (summary,) = summaries(smtp(f"{FOLDERS[0]}/libplain.so", *plugins, main=OTHER))
    assert summary.startswith("NTLM accepted")
    assert summaries(smtp(f"{FOLDERS[0]}/libntlm.so", "/srv/sasl/libplain.so", "/srv/more/libotp.so", main=OTHER)) == []


@pytest.mark.parametrize(
    "words",
    [
        "SASL_PATH=/srv/sasl",
        "{SASL_PATH = /srv/sasl}",
        "SASL_PATH=sasl",
        "SASL_PATH=$unknown",
        "TZ SASL_PATH",
        "SASL_CONF_PATH=/srv/conf",
    ],
)
def test_a_path_of_the_library_that_was_not_looked_into_is_unread(words: str) -> None:
    """Its folder was not copied, is not known, or stands in the environment of a start that was not seen."""
    found = smtp(f"{FOLDERS[0]}/libplain.so", main=f"import_environment = {words}\n")
    assert [(note.file, note.line) for note in found.notes if note.kind is NoteKind.UNREAD] == [(MAIN, 4)]
    (summary,) = summaries(found)
    assert summary.startswith("NTLM (if the plugin is installed) accepted")


def test_the_environment_of_a_running_cyrus_names_the_folders() -> None:
    """Its services inherit it from the master."""
    running = Process(7, ("/usr/lib/cyrus/bin/master",), {"SASL_PATH": "/srv/sasl"})
    instance = cyrus.PRODUCT.recognise(running)
    assert instance is not None
    texts = {
        "/etc/imapd.conf": b"sasl_mech_list: NTLM\n",
        "/etc/cyrus.conf": b'SERVICES {\n  imap cmd="imapd" listen="imap"\n}\n',
    }
    plugins = dict.fromkeys(("/srv/sasl/libntlm.so", f"{FOLDERS[0]}/libplain.so"), b"")
    (summary,) = summaries(cyrus.PRODUCT.posture(cases.read(cyrus.PRODUCT, instance, texts | NOTHING | plugins)))
    assert summary.startswith("NTLM accepted")
