"""Files that are named and not there: wrong usage for `audit` and `plan`, one line and a hint, and nothing is kept."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tightlip import registry
from tightlip.model.errors import Exit

PRODUCTS = registry.names("products")


def refused(*words: str) -> str:
    """What is said of a call that is wrong usage and leaves nothing behind."""
    heard = call(*words)
    assert (heard.code, heard.out, heard.err.count("\n")) == (Exit.USAGE, "", 2)
    assert "audit" not in call("runs").out
    assert call("findings", "--format", "jsonl").records == []
    return heard.err


@pytest.mark.parametrize("product", PRODUCTS)
@pytest.mark.parametrize("command", ["audit", "plan"])
def test_a_named_file_must_be_there(
    command: str, product: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As an argument, with --config, and in a copied tree; a folder is no file either."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    absent = str(tmp_path / "nosuch.conf")
    for words in (
        ("--product", product, "nosuch.conf"),
        ("--product", product, absent),
        ("--config", f"{product}={absent}"),
        ("--root", str(tmp_path), "--product", product, "nosuch.conf"),
        ("--root", str(tmp_path), "--config", f"{product}=/nosuch.conf"),
    ):
        assert "nosuch.conf: No such file or directory" in refused(command, *words)
    assert "folder: it is no regular file" in refused(command, "--product", product, str(tmp_path / "folder"))


def test_of_several_files_each_must_be_there(tmp_path: Path) -> None:
    """Not the first alone."""
    (tmp_path / "main.cf").write_text("smtpd_sasl_auth_enable = yes\n")
    words = ("--product", "postfix", str(tmp_path / "main.cf"), str(tmp_path / "master.cf"))
    assert "master.cf" in refused("audit", *words)


def test_of_several_trees_one_at_least_must_have_it(tmp_path: Path) -> None:
    """Who gives many hosts knows them less well: those that lack the file are in doubt, and nothing is made of them."""
    folder = tmp_path / "hosts"
    (folder / "a" / "srv").mkdir(parents=True)
    (folder / "b").mkdir()
    words = ("audit", "--roots", str(folder), "--config", "cyrus=/srv/imapd.conf", "--format", "jsonl")
    refused(*words)
    (folder / "a" / "srv" / "imapd.conf").write_text("sasl_mech_list: PLAIN\nallowplaintext: yes\n")
    heard = call(*words)
    assert heard.code in (Exit.FINDINGS, Exit.DOUBT)
    found = {each["endpoint"].split()[0] for each in heard.records if each["record"] == "finding"}
    assert found <= {"a"}


def test_a_file_of_a_product_that_is_left_out_is_refused(tmp_path: Path) -> None:
    """It was named to be looked at."""
    (tmp_path / "imapd.conf").write_text("sasl_mech_list: NTLM\n")
    told = refused("audit", "--product", "postfix", "--config", f"cyrus={tmp_path}/imapd.conf")
    assert "--product leaves out" in told


def test_one_instance_takes_no_finding_of_another_over(tmp_path: Path) -> None:
    """Audited alone it is called as it is beside the other; mended, it closes nothing of what was not read."""
    store = ("--store", str(tmp_path / "store.db"))
    first, second = tmp_path / "etc" / "dovecot" / "dovecot.conf", tmp_path / "etc" / "dovecot2" / "dovecot.conf"
    for each in (first, second):
        each.parent.mkdir(parents=True)
        each.write_text("protocols = imap\nauth_use_winbind = yes\nauth_mechanisms = plain ntlm\n")
    words = ("audit", "--root", str(tmp_path), "--product", "dovecot", *store)
    named = {path: ("--config", f"dovecot=/{path.relative_to(tmp_path)}") for path in (first, second)}
    call(*words, *named[first], *named[second])
    both = leaks(*store)
    assert len(both) == 2
    call(*words, *named[second])
    assert leaks(*store) == both
    second.write_text(second.read_text().replace(" ntlm", ""))
    call(*words, *named[second])
    assert {subject for subject, state in leaks(*store).items() if state == "fixed"} == {max(both)}
    first.write_text(first.read_text().replace(" ntlm", ""))
    call(*words, *named[first])
    assert set(leaks(*store).values()) == {"fixed"}


DOVECOT = "protocols = imap\nauth_use_winbind = yes\nauth_mechanisms = plain ntlm\n"
CYRUS = "configdirectory: /var/lib/cyrus\nsasl_mech_list: PLAIN\n"


@pytest.mark.parametrize(
    ("leaking", "other"),
    [
        ("srv/conf/dovecot.conf", "srv/conf/imapd.conf"),
        ("usr/local/etc/dovecot/dovecot.conf", "usr/local/etc/imapd.conf"),
        ("etc/dovecot/dovecot.conf", "etc/dovecot/b.conf"),
        ("srv/b/dovecot.conf", "etc/dovecot/dovecot.conf"),
        ("etc/dovecot.conf.b", "etc/dovecot.conf"),
    ],
)
def test_an_audit_closes_nothing_of_an_instance_that_it_did_not_read(tmp_path: Path, leaking: str, other: str) -> None:
    """Whatever the folder: another product's main file beside it, a second instance's, one whose name begins alike."""
    words = ("audit", "--root", str(tmp_path), "--store", str(tmp_path / "store.db"))
    for name in (leaking, other):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
    (tmp_path / leaking).write_text(DOVECOT)
    product = "cyrus" if other.endswith("imapd.conf") else "dovecot"
    (tmp_path / other).write_text(CYRUS if product == "cyrus" else DOVECOT)
    call(*words, "--product", "dovecot", "--config", f"dovecot=/{leaking}")
    (first,) = leaks(*words[3:])
    for text in (DOVECOT, DOVECOT.replace(" ntlm", "")) if product == "dovecot" else (CYRUS,):
        (tmp_path / other).write_text(text)
        call(*words, "--product", product, "--config", f"{product}=/{other}")
        assert leaks(*words[3:])[first] == "open"
    (tmp_path / leaking).write_text(DOVECOT.replace(" ntlm", ""))
    call(*words, "--product", "dovecot", "--config", f"dovecot=/{leaking}")
    assert set(leaks(*words[3:]).values()) == {"fixed"}


def test_an_instance_that_shares_an_include_closes_nothing_of_the_other(tmp_path: Path) -> None:
    """Its own override mends itself alone."""
    words = ("audit", "--root", str(tmp_path), "--store", str(tmp_path / "store.db"))
    first, second = tmp_path / "etc" / "dovecot" / "dovecot.conf", tmp_path / "etc" / "dovecot-b" / "dovecot.conf"
    for each in (first, second):
        each.parent.mkdir(parents=True)
    (first.parent / "auth.conf").write_text("auth_use_winbind = yes\nauth_mechanisms = plain ntlm\n")
    first.write_text("protocols = imap\n!include auth.conf\n")
    second.write_text("protocols = imap\n!include /etc/dovecot/auth.conf\nauth_mechanisms = plain\n")
    call(*words)
    assert list(leaks(*words[3:]).values()) == ["open"]
    call(*words, "--product", "dovecot", "--config", "dovecot=/etc/dovecot-b/dovecot.conf")
    assert list(leaks(*words[3:]).values()) == ["open"]
    first.write_text("protocols = imap\n!include auth.conf\nauth_mechanisms = plain\n")
    call(*words)
    assert list(leaks(*words[3:]).values()) == ["fixed"]


def leaks(*store: str) -> dict[str, str]:
    """The subjects of what discloses the host, each with its state."""
    states = [word for state in ("open", "fixed", "regressed") for word in ("--state", state)]
    records = call("findings", *states, "--format", "jsonl", *store).records
    return {each["endpoint"]: each["state"] for each in records if each["rule"] == "ntlm-discloses-host"}


def test_two_copies_of_one_name_do_not_mend_each_other(tmp_path: Path) -> None:
    """What one of them shows stands, in whichever order they are read."""
    folders = [tmp_path / site / "mail" for site in ("a", "b")]
    for folder, text in zip(folders, (DOVECOT, DOVECOT.replace(" ntlm", "")), strict=True):
        (folder / "etc" / "dovecot").mkdir(parents=True)
        (folder / "etc" / "dovecot" / "dovecot.conf").write_text(text)
    store = ("--store", str(tmp_path / "store.db"))
    for ordered in (folders, folders[::-1], folders):
        call("audit", *(word for folder in ordered for word in ("--root", str(folder))), *store)
        assert set(leaks(*store).values()) <= {"open", "regressed"}
