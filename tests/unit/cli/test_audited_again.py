"""Findings of settings from audit to audit: closed by all that had a part in them, under the name that they had."""

from pathlib import Path

from tests.unit.cli.calling import call
from tests.unit.products.cases import case
from tightlip.model.errors import Exit

LEAKY = "protocols = imap\nauth_use_winbind = yes\nauth_mechanisms = plain ntlm\n"
MENDED = LEAKY.replace(" ntlm", "")


class Site:
    """A tree and a store; ``states`` are those of one rule's findings by their subjects, without the host."""

    def __init__(self, folder: Path) -> None:
        """Nothing is there yet."""
        self.root = folder / "mx1"
        self._store = ("--store", str(folder / "store.db"))

    def write(self, path: str, text: str) -> None:
        """A file of the tree."""
        file = self.root / path.lstrip("/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)

    def audit(self, *words: str) -> None:
        """Audit the tree; or a file, where one is named last."""
        of = () if words[-1:] and words[-1].startswith("/") else ("--root", str(self.root))
        call("audit", *of, *words, *self._store)

    def states(self, rule: str) -> dict[str, str]:
        """What the store knows of a rule."""
        words = [word for state in ("open", "fixed", "regressed") for word in ("--state", state)]
        records = call("findings", *words, "--format", "jsonl", *self._store).records
        return {each["endpoint"].split(" ", 1)[1]: each["state"] for each in records if each["rule"] == rule}


def test_a_finding_of_two_products_takes_both_to_be_closed(tmp_path: Path) -> None:
    """Dovecot's line, without TLS in Postfix, too: mended in Dovecot alone, and audited so, it stands."""
    site = Site(tmp_path)
    socket = "service auth {\n  unix_listener /var/spool/postfix/private/auth {\n  }\n}\n"
    tls = "ssl = yes\nssl_cert = </etc/c.pem\nssl_key = </etc/k.pem\n"
    main = "smtpd_sasl_auth_enable = yes\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n"
    site.write("/etc/dovecot/dovecot.conf", LEAKY + tls + socket)
    site.write("/etc/postfix/main.cf", main)
    site.write("/etc/postfix/master.cf", "smtp inet n - n - - smtpd\n")
    site.audit()
    site.audit("--product", "dovecot")
    site.write("/etc/dovecot/dovecot.conf", LEAKY + tls.replace("yes", "required") + socket)
    site.audit("--product", "dovecot")
    assert site.states("ntlm-without-tls") == {"auth_mechanisms": "open"}
    site.write("/etc/postfix/main.cf", f"{main}smtpd_tls_auth_only = yes\n")
    site.audit()
    assert site.states("ntlm-without-tls") == {"auth_mechanisms": "fixed"}


def test_a_file_that_is_read_no_more_is_no_obstacle(tmp_path: Path) -> None:
    """The include went, and with it what it said."""
    site = Site(tmp_path)
    site.write("/etc/mail-shared/auth.conf", LEAKY)
    site.write("/etc/dovecot/dovecot.conf", "!include /etc/mail-shared/auth.conf\n")
    site.audit()
    site.write("/etc/dovecot/dovecot.conf", MENDED)
    site.audit()
    assert site.states("ntlm-discloses-host") == {"auth_mechanisms": "fixed"}


def test_a_setting_that_moves_within_its_instance_keeps_its_name(tmp_path: Path) -> None:
    """Though a second instance would have the plain one by now."""
    site = Site(tmp_path)
    site.write("/srv/d/dovecot.conf", LEAKY)
    site.audit("--config", "dovecot=/srv/d/dovecot.conf")
    site.write("/srv/d/auth.conf", LEAKY)
    site.write("/srv/d/dovecot.conf", "!include auth.conf\n")
    site.write("/etc/dovecot/dovecot.conf", MENDED)
    site.audit("--config", "dovecot=/srv/d/dovecot.conf", "--config", "dovecot=/etc/dovecot/dovecot.conf")
    assert site.states("ntlm-discloses-host") == {"auth_mechanisms": "open"}


def test_another_main_file_of_the_same_installation_is_no_other_instance(tmp_path: Path) -> None:
    """Courier's first file is that of whichever server is installed."""
    site = Site(tmp_path)
    site.write("/etc/courier/pop3d", 'PORT=110\nPOP3DSTART=YES\nPOP3AUTH="LOGIN NTLM"\n')
    site.audit("--product", "courier")
    site.write("/etc/courier/imapd", 'PORT=143\nIMAPDSTART=YES\nIMAP_CAPABILITY="IMAP4rev1"\n')
    site.audit("--product", "courier")
    assert site.states("advertised-contradicts-accepted") == {"POP3AUTH": "open"}


def test_the_next_collection_of_the_same_servers_goes_on_with_their_findings(tmp_path: Path) -> None:
    """It is another file."""
    site = Site(tmp_path)
    told = case("exchange", "2016-leaks-on-every-port", "/srv/exchange.json").before["/srv/exchange.json"]
    for month in ("november", "december"):
        file = tmp_path / month / "exchange.json"
        file.parent.mkdir()
        file.write_bytes(told)
        site.audit("--product", "exchange", str(file))
        found = site.states("ntlm-discloses-host")
        assert found
        assert set(found.values()) == {"open"}
        assert not [subject for subject in found if str(tmp_path) in subject]


def test_a_copy_of_another_machine_closes_nothing_though_it_is_called_alike(tmp_path: Path) -> None:
    """Every container is "/" by /proc/PID/root, and LXC's are "rootfs": their own host names tell them apart."""
    store = ("--store", str(tmp_path / "store.db"))
    for name, text in (("leaking", LEAKY), ("clean", MENDED)):
        site = Site(tmp_path / name)
        site.write("/etc/hostname", f"{name}\n")
        site.write("/etc/dovecot/dovecot.conf", text)
        call("audit", "--root", str(site.root), *store)
    records = call("findings", "--format", "jsonl", *store).records
    assert [each["state"] for each in records if each["rule"] == "ntlm-discloses-host"] == ["open"]


def test_what_was_not_copied_again_leaves_its_finding_open_and_is_a_doubt(tmp_path: Path) -> None:
    """The host may read the include all the same: 4 is the exit code, until the copy has it, or nothing names it."""
    site = Site(tmp_path)
    tls = "ssl = required\nssl_cert = </etc/c.pem\nssl_key = </etc/k.pem\n"
    site.write("/etc/dovecot/dovecot.conf", f"protocols = imap\n{tls}!include_try auth.conf\n")
    site.write("/etc/dovecot/auth.conf", LEAKY)
    site.audit()
    (site.root / "etc/dovecot/auth.conf").unlink()
    told = call("audit", "--root", str(site.root), "--store", str(tmp_path / "store.db"), "--format", "jsonl")
    assert site.states("ntlm-discloses-host") == {"auth_mechanisms": "open"}
    assert told.code == Exit.DOUBT
    assert "still stands open" in told.records[-1]["why"]
    site.write("/etc/dovecot/auth.conf", MENDED)
    site.audit()
    assert site.states("ntlm-discloses-host") == {"auth_mechanisms": "fixed"}
