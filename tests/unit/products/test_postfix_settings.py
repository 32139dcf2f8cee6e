"""Postfix' plug: settings that stand for others, above all in the path of the certificate."""

import pytest

from tests.unit.products.answering import answered
from tests.unit.products.postfixes import AUTH, MAIN, SMTP, files, meaning, only
from tightlip.assess.judge import judge
from tightlip.model.finding import Finding
from tightlip.model.host_view import HostView
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import RequireTls
from tightlip.products._product import Instance, Mending
from tightlip.products.postfix import PRODUCT

MAY = AUTH + "smtpd_tls_security_level = may\n"


@pytest.mark.parametrize(
    ("main", "certificate"),
    [
        ("smtpd_tls_cert_file = $config_directory/certs/mail.pem\n", "/etc/postfix/certs/mail.pem"),
        ("smtpd_tls_cert_file = ${config_directory}/mail.pem\n", "/etc/postfix/mail.pem"),
        ("myhostname = mx.example.org\nsmtpd_tls_cert_file = /c/$mydomain.pem\n", "/c/example.org.pem"),
        ("myhostname = mx\nsmtpd_tls_cert_file = /c/$mydomain.pem\n", "/c/localdomain.pem"),
        ("mydomain = example.com\nmyhostname = mx.$mydomain\nsmtpd_tls_cert_file = /$myhostname\n", "/mx.example.com"),
        ("smtpd_tls_cert_file = /c/$$x.pem\n", "/c/$x.pem"),
    ],
)
def test_what_stands_for_something_known_is_known(main: str, certificate: str) -> None:
    """The folder of main.cf, and the domain, which is the host's name without its first part (as postconf -x says)."""
    tls = only(MAY + main).tls
    assert (tls.available, tls.certificate) == (True, certificate)
    assert tls.certificate_place is not None
    assert tls.certificate_place.value == certificate


def test_another_instance_has_its_own_folder() -> None:
    """Its main.cf stands there."""
    config = "/srv/out$/main.cf"
    main = (MAY + "smtpd_tls_cert_file = $config_directory/c.pem\n").encode()
    texts = {config: main, "/srv/out$/master.cf": SMTP.encode()}
    read = answered(PRODUCT.collect(Instance(product="postfix", config=config)), texts)
    assert PRODUCT.posture(read).services[0].tls.certificate == "/srv/out$/c.pem"


@pytest.mark.parametrize("path", ["/c/$myhostname.pem", "/c/$mydomain.pem", "${x?/c}.pem", "$data_directory/c.pem"])
def test_a_path_that_is_not_worked_out_is_not_known_and_no_problem(path: str) -> None:
    """A certificate is set: TLS may come up, nothing is flagged, and require-tls is planned; a note shows the path."""
    main = MAY + f"smtpd_tls_auth_only = yes\nsmtpd_tls_cert_file = {path}\n"
    told = meaning(main)
    tls = told.services[0].tls
    assert (tls.available, tls.certificate, tls.certificate_place) == (True, None, None)
    found = [each.rule for each in judge(HostView((), (told,), "mx")) if isinstance(each, Finding)]
    assert "last-tls-path-missing" not in found
    (note,) = [note for note in told.notes if note.kind is NoteKind.MISSING]
    assert (note.file, note.line) == (MAIN, 4)
    assert f"the certificate {path} was not looked at" in note.text


def test_demanding_tls_does_not_wait_for_a_path_that_is_not_known() -> None:
    """The certificate is somebody's business who can read the path."""
    mending = PRODUCT.edit(files(MAY + "smtpd_tls_cert_file = /c/$myhostname.pem\n"), RequireTls())
    assert isinstance(mending, Mending)
    assert [each.path for each in mending.edits] == [MAIN]
