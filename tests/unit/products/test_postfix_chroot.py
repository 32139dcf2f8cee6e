"""GSSAPI of a Postfix whose services run in the queue directory: whose lists, plugins and keytabs are theirs."""

from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from tests.unit.products import cases
from tests.unit.products.gss import COMMENT, FILE, KEYTAB, LINE, NOTHING, NTLMSSP, PLUGIN, POSTFIX, REGISTERED
from tightlip.model.posture import Note, NoteKind, Offer, Posture
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products._product import Declined, Files, Mending
from tightlip.products.postfix import PRODUCT

QUEUE = "/var/spool/postfix"
MAIN, MASTER, SASL = "/etc/postfix/main.cf", "/etc/postfix/master.cf", "/etc/postfix/sasl/smtpd.conf"
CHARACTERS = "/usr/lib/x86_64-linux-gnu/gconv/UTF-16.so"
LIBC = {CHARACTERS: b""}


def within(files: Mapping[str, bytes], queue: str = QUEUE) -> dict[str, bytes]:
    """The same files in the chroot."""
    return {queue + path: text for path, text in files.items()}


def host(*parts: Mapping[str, bytes], chroot: str = "y", main: str = "", more: str = "") -> dict[str, bytes]:
    """A host with glibc, and a Postfix whose smtp has this fifth column; ``more`` are further entries."""
    written = {MAIN: main.encode() + POSTFIX.files[MAIN]}
    written[MASTER] = f"smtp inet n - {chroot} - - smtpd\n{more}".encode()
    return {**POSTFIX.files, **LIBC, **written, **{path: text for part in parts for path, text in part.items()}}


def live(files: Mapping[str, bytes]) -> Files:
    """What is collected on the host itself."""
    return replace(cases.read(PRODUCT, POSTFIX.instance, files), live=True)


def on_the_host(files: Mapping[str, bytes]) -> Posture:
    """What that means."""
    return PRODUCT.posture(live(files))


def copied(files: Mapping[str, bytes]) -> Posture:
    """What it means where the files were copied."""
    return PRODUCT.posture(cases.read(PRODUCT, POSTFIX.instance, files))


def carried(found: Posture, service: int = 0) -> list[str]:
    """The lists by which NTLM comes in a service's GSSAPI."""
    return [each.through.file for each in offers(found, service) if each.through and each.name == "GSSAPI"]


def offers(found: Posture, service: int = 0) -> list[Offer]:
    """The offers of a service that NTLM comes in."""
    return [offer for offer in found.services[service].offers if offer.carries_ntlm]


def doubts(found: Posture) -> list[Note]:
    """What could not be told."""
    return [note for note in found.notes if note.kind is NoteKind.DOUBT]


def after(files: Mapping[str, bytes], remedy: WithdrawMechanism) -> dict[str, bytes]:
    """What the plan changes on the host itself, as it will be."""
    outcome = PRODUCT.edit(live(files), remedy)
    assert isinstance(outcome, Mending)
    return {path: text for path, text in cases.mended(files, outcome).items() if files[path] != text}


def advice(files: Mapping[str, bytes]) -> list[tuple[str, str]]:
    """The lists that the plan names for a person, and what it says."""
    outcome = PRODUCT.edit(live(files), WithdrawMechanism())
    assert not isinstance(outcome, Declined)
    return [(each.place.file if each.place else "", each.text) for each in outcome.advice]


def test_a_list_in_the_chroot_counts_for_those_in_it() -> None:
    """Though the host's own registers nothing; outside of it nobody reads it."""
    inside = within({**NTLMSSP, **LIBC})
    assert carried(on_the_host(host(NOTHING, inside))) == [QUEUE + FILE]
    assert carried(on_the_host(host(NOTHING, inside, chroot="n"))) == []


def test_each_service_is_told_by_its_own_column() -> None:
    """Three that share one smtpd.conf, and a list of mechanisms that is in the chroot alone."""
    more = "submission inet n - n - - smtpd\nsmtps inet n - y - - smtpd\n"
    found = on_the_host(host(NOTHING, within({**NTLMSSP, **LIBC}), more=more))
    assert [carried(found, service) for service in range(3)] == [[QUEUE + FILE], [], [QUEUE + FILE]]


def test_the_hosts_list_was_read_before_and_counts_as_well() -> None:
    """Seen with strace on Postfix 3.7.11: smtpd has the plugin by the time it goes into a chroot with nothing else."""
    assert carried(on_the_host(host(NTLMSSP, within(LIBC)))) == [FILE]
    assert carried(on_the_host(host(REGISTERED, within({PLUGIN: b"", **LIBC})))) == [FILE]


def test_without_character_sets_nothing_is_answered_in_the_chroot() -> None:
    """Debian's default: the line is no cause there, and a note says so; a service outside answers by it."""
    found = on_the_host(host(NTLMSSP, more="submission inet n - n - - smtpd\n"))
    assert (carried(found, 0), carried(found, 1)) == ([], [FILE])
    (said,) = [note for note in found.notes if note.kind is NoteKind.HARMLESS and QUEUE in note.text]
    assert (said.file, said.line) == (FILE, 3)
    assert doubts(found) == []
    assert after(host(NTLMSSP), WithdrawMechanism(host_wide=True)) == {}


def test_a_libc_without_such_files_is_reckoned_with() -> None:
    """musl's needs none: what is not on the host either cannot be missed in the chroot."""
    files = {path: text for path, text in host(NTLMSSP).items() if path != CHARACTERS}
    assert {offer.proviso for offer in offers(on_the_host(files))} == {
        f"if the chroot {QUEUE} has the character sets that NTLM needs (gconv)"
    }


def test_a_plugin_that_is_not_in_the_chroot_is_not_loaded_there() -> None:
    """What the list in there names has to be in there, under the same path."""
    inside = within({**REGISTERED, **LIBC})
    found = on_the_host(host(NOTHING, {PLUGIN: b""}, inside))
    assert (carried(found), doubts(found)) == ([], [])
    assert "its plugin was not found" in doubts(copied(host(NOTHING, {PLUGIN: b""}, inside)))[0].text


def test_of_a_copy_the_chroot_has_to_be_copied_too() -> None:
    """What was not is a doubt that names it, or a proviso."""
    (doubt,) = doubts(copied(host(NOTHING)))
    assert f"{QUEUE}/etc/gss/mech.d could not be looked at" in doubt.text
    assert doubts(copied(host(NOTHING, within(NOTHING)))) == []
    assert all(offer.proviso.startswith(f"if the chroot {QUEUE}") for offer in offers(copied(host(NTLMSSP))))
    assert {offer.proviso for offer in offers(copied(host(NTLMSSP, within(LIBC))))} == {""}


@pytest.mark.parametrize(
    ("level", "is_inside"),
    [("", True), ("0", True), ("0.9", True), ("1", False), ("2", False), ("3.6", False), ("3.8.1", False)],
)
def test_what_a_dash_means_follows_the_compatibility_level(level: str, is_inside: bool) -> None:
    """Asked of Postfix 3.7.11, each; where none is set it is 0."""
    main = f"compatibility_level = {level}\n" if level else ""
    found = on_the_host(host(NOTHING, within({**NTLMSSP, **LIBC}), chroot="-", main=main))
    assert carried(found) == [QUEUE + FILE] * is_inside


@pytest.mark.parametrize(
    ("chroot", "main"),
    [
        ("-", "compatibility_level = $level\n"),
        ("-", "compatibility_level = new\n"),
        ("yes", ""),
        ("y", "queue_directory = $spool/postfix\n"),
        ("y", "queue_directory = spool\n"),
        ("y", "queue_directory = /var/spool/*\n"),
    ],
)
def test_a_root_that_is_not_known_is_a_doubt_at_the_setting(chroot: str, main: str) -> None:
    """No finding is made of it, and the plan does not say that there is nothing to do."""
    files = host(NTLMSSP, chroot=chroot, main=main)
    found = on_the_host(files)
    assert carried(found) == []
    assert [(note.file, note.line) for note in doubts(found) if "smtp/inet" in note.text] == [(SASL, 2)]
    assert [text for _, text in advice(files) if "smtp/inet" in text]


def test_where_either_root_comes_to_the_same_there_is_no_doubt() -> None:
    """Whichever it is."""
    told = "compatibility_level = $level\n"
    assert carried(on_the_host(host(NTLMSSP, within(LIBC), chroot="-", main=told))) == [FILE]
    assert doubts(on_the_host(host(NOTHING, chroot="-", main=told))) == []


@pytest.mark.parametrize("value", ["/srv/queue", "/srv/queue/", "$base/queue\nbase = /srv"])
def test_the_queue_directory_may_be_anywhere(value: str) -> None:
    """As main.cf has it."""
    inside = within({**NTLMSSP, **LIBC}, "/srv/queue")
    found = on_the_host(host(NOTHING, inside, main=f"queue_directory = {value}\n"))
    assert carried(found) == [f"/srv/queue{FILE}"]


def test_a_list_that_the_environment_names_is_looked_for_in_the_chroot_too() -> None:
    """The variable stays what it is, and its path means another file there."""
    named = {"/opt/mechs": LINE}
    main = "import_environment = GSS_MECH_CONFIG=/opt/mechs\n"
    assert carried(on_the_host(host({PLUGIN: b""}, within({**named, PLUGIN: b"", **LIBC}), main=main))) == [
        f"{QUEUE}/opt/mechs"
    ]
    assert carried(on_the_host(host(named, {PLUGIN: b""}, within(LIBC), main=main))) == ["/opt/mechs"]


def test_the_chroots_keytab_is_its_own() -> None:
    """The host's is out of reach there, and that in there out of sight outside."""
    inside = within({**NTLMSSP, **LIBC})
    assert list(after(host(NOTHING, inside, KEYTAB), WithdrawMechanism())) == [SASL]
    kept = host(NOTHING, inside, within(KEYTAB))
    assert after(kept, WithdrawMechanism()) == {}
    ((place, text),) = advice(kept)
    assert place == QUEUE + FILE
    assert f"{QUEUE}/etc/krb5.keytab is there" in text
    assert list(after(host(NTLMSSP, within(KEYTAB), chroot="n"), WithdrawMechanism())) == [SASL]


def test_services_that_share_a_list_keep_it_for_either_ones_keytab() -> None:
    """The list has no entry for one of them alone."""
    more = "submission inet n - n - - smtpd\n"
    assert after(host(NOTHING, within({**NTLMSSP, **LIBC}), KEYTAB, more=more), WithdrawMechanism()) == {}


def test_host_wide_the_list_in_the_chroot_loses_its_line_as_well() -> None:
    """And the host's, which those in the chroot have read before; afterwards nothing is found."""
    inside = within({**NTLMSSP, **LIBC, **KEYTAB})
    files = host(NTLMSSP, inside)
    changed = after(files, WithdrawMechanism(host_wide=True))
    assert changed == {FILE: COMMENT + b"#" + LINE, QUEUE + FILE: COMMENT + b"#" + LINE}
    assert carried(on_the_host({**files, **changed})) == []
    assert {place for place, _ in advice(files)} == {FILE, QUEUE + FILE}


def test_host_wide_a_list_that_nobody_reads_is_left() -> None:
    """Nothing of this Postfix is in the chroot."""
    files = host(NTLMSSP, within({**NTLMSSP, **LIBC}), chroot="n")
    assert set(after(files, WithdrawMechanism(host_wide=True))) == {SASL, FILE}
