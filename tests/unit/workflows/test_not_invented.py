"""What was not read, or is nowhere said, is made no finding of, and no default is told as a fact."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.unit.hosts.test_tree import put
from tests.unit.workflows.audited import DictHost
from tests.unit.workflows.test_links import link, looked_at, unread
from tightlip.model.posture import NoteKind
from tightlip.workflows.auditing import Audit, audit
from tightlip.workflows.surveying import Wanted

DOVECOT = "/etc/dovecot/dovecot.conf"
PROXIED = b"protocols = imap\nauth_mechanisms = plain login\nssl = no\nlogin_trusted_networks = 10.0.0.0/8\n"


def of(files: Mapping[str, bytes]) -> Audit:
    """An audit of these files."""
    return audit(DictHost(files=files), Wanted())


def places(done: Audit) -> list[tuple[str, list[tuple[str, int | None]]]]:
    """The findings with the settings and lines that they name."""
    return [(each.rule, [(place.setting, place.line) for place in each.places]) for each in done.findings]


@pytest.mark.parametrize("head", [b"", b"dovecot_config_version = 2.4.1\ndovecot_storage_version = 2.4.1\n"])
def test_clients_of_a_proxy_s_network_log_in(head: bytes) -> None:
    """They count as secured, in 2.3 and in 2.4; the list is usable."""
    done = of({DOVECOT: head + PROXIED})
    assert (done.findings, done.doubts) == ((), 1)


def test_a_missing_certificate_is_to_blame_and_no_list() -> None:
    """Passwords wait for TLS by default, and TLS needs a certificate."""
    done = of({DOVECOT: b"protocols = imap\nauth_mechanisms = plain login\n"})
    assert places(done) == [("last-tls-path-missing", [("ssl_cert", None), ("disable_plaintext_auth", None)])]


def test_an_empty_file_is_a_doubt_and_no_finding() -> None:
    """Its defaults are not told as the site's."""
    done = of({DOVECOT: b"\n"})
    assert (done.findings, done.doubts, done.postures[0].services) == ((), 1, ())


def test_a_default_is_no_fact_where_the_include_that_may_set_it_was_not_read() -> None:
    """In no TLS state; where all was read it is one."""
    main = b"protocols = imap\nssl_cert = </c\n"
    (service,) = of({DOVECOT: main + b"!include conf.d/auth.conf\n"}).postures[0].services
    assert service.offers == ()
    (service,) = of({DOVECOT: main + b"!include_try conf.d/auth.conf\n"}).postures[0].services
    assert [each.name for each in service.offers] == ["PLAIN"]


def test_a_list_in_a_group_has_an_effect_for_all_we_know() -> None:
    """The group was not followed, which is said; that the list has no effect is said of other blocks alone."""
    head = b"dovecot_config_version = 2.4.1\nprotocols = imap\nssl = required\nssl_server_cert_file = /c\n"
    group = b"@auth = extra\ngroup @auth extra {\n  auth_mechanisms = ntlm plain\n}\n"
    done = of({DOVECOT: head + group})
    assert [note.line for note in done.postures[0].notes if note.kind is NoteKind.DOUBT] == [6]


@pytest.mark.parametrize("how", ["link", "folder"])
def test_a_sasl_file_that_is_there_and_is_not_read_is_a_doubt(tmp_path: Path, how: str) -> None:
    """It is not taken for one that nobody made."""
    root = tmp_path / "mail1"
    put(root, "etc/postfix/main.cf", b"smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\n")
    put(root, "etc/postfix/master.cf", b"submission inet n - y - - smtpd\n")
    put(root, "usr/lib/sasl2/libntlm.so")
    if how == "link":
        link(root, "etc/postfix/sasl/smtpd.conf", "/srv/smtpd.conf")
    else:
        put(root, "etc/postfix/sasl/smtpd.conf/x")
    done = looked_at(root)
    assert "ntlm-discloses-host" not in {each.rule for each in done.findings}
    assert any("/etc/postfix/sasl/smtpd.conf" in text for text in unread(done))
    assert done.doubts == 1


@pytest.mark.parametrize("how", ["link", "folder"])
def test_a_neighbour_of_courier_that_is_not_read_is_told(tmp_path: Path, how: str) -> None:
    """What may stand in it is no default that a finding rests on."""
    root = tmp_path / "mail1"
    put(root, "etc/courier/imapd", b'IMAP_CAPABILITY="IMAP4rev1 AUTH=PLAIN"\nIMAPDSTART=YES\n')
    for name in ("imapd-ssl", "pop3d"):
        if how == "link":
            link(root, f"etc/courier/{name}", f"/srv/{name}")
        else:
            put(root, f"etc/courier/{name}/x")
    done = looked_at(root)
    told = " ".join(unread(done))
    assert "/etc/courier/imapd-ssl could not be read" in told
    assert "/etc/courier/pop3d could not be read" in told
    assert (done.findings, done.doubts) == ((), 1)
