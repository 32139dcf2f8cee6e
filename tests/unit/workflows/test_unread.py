"""What was not read is unread: the audit cannot tell, makes nothing up, and closes no finding on it."""

import json

import pytest
from msgspec.structs import replace

from tests.unit.products.cases import case
from tests.unit.workflows.audited import DictHost
from tightlip.assess.lapsing import lapsed
from tightlip.hosts._host import Host, Reach
from tightlip.hosts._only import OnlyFiles
from tightlip.model.finding import Certainty, Finding, Place, Severity
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind
from tightlip.workflows.auditing import Audit, audit
from tightlip.workflows.surveying import Wanted

MAINS = {
    "dovecot": "/etc/dovecot/dovecot.conf",
    "exim": "/etc/exim/exim.conf",
    "postfix": "/etc/postfix/main.cf",
    "cyrus": "/etc/imapd.conf",
    "courier": "/etc/courier/imapd",
    "exchange": "/srv/exchange.json",
}
# What stands in the file that cannot be read, so that its absence would be told apart from it.
LEAKY = {
    "dovecot": b"protocols = pop3 imap\nauth_mechanisms = plain ntlm\nauth_use_winbind = yes\nssl_cert = </c\n",
    "exim": b"begin authenticators\nspa:\n  driver = spa\n  server_password = x\n",
    "postfix": b"smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\nsmtpd_tls_cert_file = /c\n",
    "cyrus": b"sasl_mech_list: PLAIN\nallowplaintext: 0\ntls_required: 1\ntls_server_cert: /c\n",
    "courier": b"IMAP_CAPABILITY=IMAP4rev1\nIMAPDSTART=YES\n",
    "exchange": b'{"tightlip": "exchange", "schema": 1}',
}
# What may stand beside it and be read: enough to conclude something from, were the main file empty.
BESIDE = {
    "/etc/postfix/master.cf": b"submission inet n - y - - smtpd\n  -o smtpd_sasl_auth_enable=yes\n",
    "/etc/cyrus.conf": b'SERVICES {\n  imap cmd="imapd" listen="imap"\n}\n',
    "/usr/lib/sasl2/libplain.so": b"",
    "/usr/lib/sasl2/libntlm.so": b"",
}


def looked_at(product: str, files: dict[str, bytes]) -> Audit:
    """An audit of one product by its main file."""
    host = DictHost(files=files, name="mail1")
    return audit(host, Wanted(products=(product,), configs={product: (MAINS[product],)}))


def is_told_as_unread(done: Audit, path: str) -> bool:
    """Whether a note names the file as unread."""
    return any(
        note.kind is NoteKind.UNREAD and note.file == path for posture in done.postures for note in posture.notes
    )


@pytest.mark.parametrize(
    ("product", "damage"),
    [
        (product, damage)
        for product in MAINS
        for damage in ("missing", "byte order mark", "binary", "utf-16", "too large")
        # PowerShell writes these for Exchange, and they are read.
        if (product, damage) not in {("exchange", "byte order mark"), ("exchange", "utf-16")}
    ],
)
def test_a_main_file_that_was_not_read_is_neither_clean_nor_a_finding(product: str, damage: str) -> None:
    """It cannot be told, with place and reason, and what its defaults would come to is not concluded."""
    damaged = {
        "byte order mark": b"\xef\xbb\xbf" + LEAKY[product],
        "binary": bytes(range(256)) * 16,
        "utf-16": LEAKY[product].decode().encode("utf-16"),
        "too large": b"#" * (5 << 20),
    }
    files = dict(BESIDE)
    if damage != "missing":
        files[MAINS[product]] = damaged[damage]
    done = looked_at(product, files)
    assert (done.doubts, done.faults, done.findings) == (1, (), ())
    assert is_told_as_unread(done, MAINS[product])


@pytest.mark.parametrize("include", ["!include 10-auth.conf", "!include_try 10-auth.conf"])
def test_an_include_that_was_kept_from_us_is_neither_clean_nor_a_finding(include: str) -> None:
    """The list of mechanisms, or the certificate, may well stand there."""
    host = DictHost(files={MAINS["dovecot"]: f"protocols = imap\n{include}\n".encode()})
    done = audit(OnlyFiles(host, (MAINS["dovecot"],)), Wanted(products=("dovecot",)))
    assert (done.doubts, done.findings) == (1, ())
    assert [(note.kind, note.line) for note in done.postures[0].notes] == [(NoteKind.UNREAD, 2)]


def test_what_is_written_is_found_beside_what_was_not_read() -> None:
    """NTLM in a list that was read is NTLM; that nothing usable, or no TLS, stands beside it is not said."""
    text = b"protocols = pop3\nauth_mechanisms = ntlm\nauth_use_winbind = yes\n!include gone.conf\n"
    done = looked_at("dovecot", {MAINS["dovecot"]: text})
    assert [each.rule for each in done.findings] == ["ntlm-discloses-host"]
    assert done.doubts == 1


def test_a_collection_of_nothing_cannot_be_told() -> None:
    """Exchange without a word on POP3, IMAP and connectors."""
    done = looked_at("exchange", {MAINS["exchange"]: LEAKY["exchange"]})
    assert (done.doubts, done.findings) == (1, ())


@pytest.mark.parametrize("value", [None, "maybe", 1])
def test_a_setting_that_was_not_collected_is_no_finding(value: object) -> None:
    """Nobody knows whether NTLM is accepted: it cannot be told."""
    told = json.loads(case("exchange", "2016-leaks-on-every-port", MAINS["exchange"]).before[MAINS["exchange"]])
    for part in ("Get-PopSettings", "Get-ImapSettings"):
        told[part][0]["EnableGSSAPIAndNTLMAuth"] = value
    done = looked_at("exchange", {MAINS["exchange"]: json.dumps(told).encode()})
    assert done.doubts == 1
    assert not [each.rule for each in done.findings if each.rule.startswith("ntlm")]


def test_no_finding_lapses_on_what_was_not_read() -> None:
    """A file that the list stood in, and that is now kept from us or not in the copy, mends nothing."""
    auth = "/etc/dovecot/conf.d/10-auth.conf"
    known = Finding(
        rule="ntlm-discloses-host",
        subject="mail1 auth_mechanisms",
        severity=Severity.MEDIUM,
        certainty=Certainty.WRITTEN,
        summary="",
        places=(Place(auth, 1, "auth_mechanisms", "plain ntlm"),),
    )
    for include in ("conf.d/10-auth.conf", "conf.d/*.conf"):
        copy = DictHost(files={MAINS["dovecot"]: f"protocols = pop3\n!include_try {include}\n".encode()})
        live = replace(
            copy, reach=Reach.LIVE, outputs={("doveconf", "-c", MAINS["dovecot"], "-n"): "protocols = pop3\n"}
        )
        assert lapses(live, known), "where it would be read it is gone"
        assert not lapses(copy, known)
        assert not lapses(OnlyFiles(copy, (MAINS["dovecot"],)), known)
    assert lapses(DictHost(files={MAINS["dovecot"]: b"protocols = pop3\n"}), known), "nothing names the file any more"


def lapses(host: Host, known: Finding) -> bool:
    """Whether an audit of Dovecot proves that a finding is mended."""
    done = audit(host, Wanted(products=("dovecot",)))
    return bool(list(lapsed(HostView((), done.postures, "mail1", done.time), (), [known])))


def test_a_pattern_whose_folder_is_kept_from_us_is_unread() -> None:
    """Even where the include need not find anything: nobody looked."""
    host = DictHost(files={MAINS["dovecot"]: b"protocols = imap\n!include_try conf.d/*.conf\n"})
    done = audit(OnlyFiles(host, (MAINS["dovecot"],)), Wanted(products=("dovecot",)))
    assert [(note.kind, note.line) for note in done.postures[0].notes] == [(NoteKind.UNREAD, 2)]
    assert (done.doubts, done.findings) == (1, ())
    assert audit(host, Wanted(products=("dovecot",))).doubts == 0


def test_what_a_pattern_meets_besides_the_files_that_were_named_is_unread() -> None:
    """Some of an include's files are no more the configuration than none of them."""
    ssl, auth = "/etc/dovecot/conf.d/10-ssl.conf", "/etc/dovecot/conf.d/10-auth.conf"
    main = b"protocols = imap\n!include conf.d/*.conf\n"
    host = DictHost(files={MAINS["dovecot"]: main, ssl: b"ssl = required\n", auth: b"auth_mechanisms = ntlm\n"})
    done = audit(OnlyFiles(host, (MAINS["dovecot"], ssl)), Wanted(products=("dovecot",)))
    unread = [note for note in done.postures[0].notes if note.kind is NoteKind.UNREAD]
    assert [(note.line, auth in note.text) for note in unread] == [(2, True)]
    assert done.doubts == 1


@pytest.mark.parametrize("folder", ["main", "auth"])
def test_a_split_configuration_without_its_folders_is_unread(folder: str) -> None:
    """Debian's Exim: who may log in stands in conf.d/auth, and under which conditions in conf.d/main."""
    there = {
        "/etc/exim4/update-exim4.conf.conf": b"dc_use_split_config='true'\n",
        "/etc/exim4/conf.d/main/01_x": b"auth_advertise_hosts = *\n",
        "/etc/exim4/conf.d/auth/00_x": b"begin authenticators\n",
    }
    wanted = Wanted(products=("exim",))
    assert audit(DictHost(files=there), wanted).doubts == 0
    kept = {path: content for path, content in there.items() if f"/{folder}/" not in path}
    done = audit(DictHost(files=kept), wanted)
    assert (done.doubts, done.findings) == (1, ())
    assert is_told_as_unread(done, f"/etc/exim4/conf.d/{folder}")
