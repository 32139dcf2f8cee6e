"""``tightlip audit`` where a configuration was not read whole: it is never made to look better than it is known."""

from pathlib import Path

import pytest

from tests.unit.cli.calling import call
from tests.unit.hosts.test_tree import as_nobody
from tests.unit.products.cases import ROOT
from tests.unit.workflows.audited import TOY, install
from tightlip.hosts.tree import TreeHost
from tightlip.model.errors import Exit
from tightlip.store.null_store import NullStore
from tightlip.workflows.audit_run import AuditOrder, AuditRun
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.surveying import Wanted


def row_of(said: str, *begin: str) -> list[str]:
    """The other words of the only line that begins so; a long path goes on in lines of its own, with its last name."""
    (row,) = (line.split() for line in said.splitlines() if line.split()[: len(begin)] == list(begin))
    return row[len(begin) :]


def test_what_was_not_read_is_not_known() -> None:
    """No offers because nothing could be read: neither nothing is offered, nor is TLS required."""
    file = ROOT / "exim" / "authenticators-behind-a-macro" / "before.conf"
    heard = call("audit", "--store", "none", "--product", "exim", str(file))
    assert heard.code == Exit.DOUBT
    assert row_of(heard.out, "smtp", "25") == ["not", "known", "not", "known", "optional"]
    assert "in doubt" in heard.out


def test_what_was_read_and_offers_nothing_offers_nothing() -> None:
    """A server that takes mail alone."""
    file = ROOT / "courier" / "debian-as-shipped" / "before" / "etc" / "courier" / "esmtpd"
    heard = call("audit", "--store", "none", "--product", "courier", str(file))
    assert row_of(heard.out, "esmtpd", "25") == ["nothing", "nothing", "optional"]


def test_a_host_without_a_configuration_is_a_doubt_among_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What holds no product is passed over, and not in silence."""
    install(monkeypatch, {"toy": TOY})
    (tmp_path / "mx1" / "etc" / "toy").mkdir(parents=True)
    (tmp_path / "mx1" / "etc" / "toy" / "toy.conf").write_text("mechanisms = SCRAM-SHA-256\n")
    words = ("audit", "--store", "none", "--roots", str(tmp_path), "--format", "jsonl")
    assert call(*words).code == Exit.OK
    (tmp_path / "mx2" / "etc").mkdir(parents=True)
    both = call(*words)
    assert (both.code, both.records[-1]["why"]) == (Exit.DOUBT, "1 host without a configuration")
    unasked = {"target": "mx2", "why": "no_configuration", "count": 1, "detail": ""}
    assert both.records[-1]["not_asked"] == [unasked]
    assert row_of(call(*words[:-1], "text").out, "not", "audited") == "mx2: no configuration was found".split()


def test_a_host_whose_folder_is_kept_from_us_is_named(tmp_path: Path) -> None:
    """With what keeps it, and none of those of which more is known."""
    (tmp_path / "mx1").mkdir()
    (tmp_path / "mx1").chmod(0)
    with TreeHost(str(tmp_path / "mx1")) as host, as_nobody():
        order = AuditOrder(asked=(), hosts=[host], wanted=Wanted(), complain=lambda _fault: None)
        run = AuditRun(order, NullStore(), Interruption())
        assert len(list(run.report().hosts)) == 1
    (tmp_path / "mx1").chmod(0o755)
    (named,) = run.summary().not_asked
    assert (named.target, named.detail) == ("mx1", "/ cannot be looked into: Permission denied")


def test_a_listener_that_was_not_probed_is_a_doubt(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A name is not looked up, for it may be elsewhere: then nothing was heard of it."""
    install(monkeypatch, {"toy": TOY})
    (tmp_path / "toy.conf").write_text("mechanisms = SCRAM-SHA-256\naddress = mail.example.org\nport = 110\n")
    words = ("audit", "--store", "none", "--config", f"toy={tmp_path / 'toy.conf'}", "--format", "jsonl")
    assert call(*words).code == Exit.OK
    probed = call(*words, "--probe")
    assert (probed.code, probed.records[-1]["why"]) == (Exit.DOUBT, "1 listener could not be asked")


@pytest.mark.parametrize(
    "text", ["protocols = imap\n!include gone.conf\nauth_mechanisms = plain\n", "\ufeffprotocols = imap\n"]
)
def test_no_state_is_told_to_have_nothing_where_a_part_was_not_read(tmp_path: Path, text: str) -> None:
    """What is accepted is not known, and nothing is found: exit 4."""
    main = tmp_path / "dovecot.conf"
    main.write_text(text, encoding="utf-8")
    heard = call("audit", "--product", "dovecot", str(main))
    assert heard.code == Exit.DOUBT
    assert "No findings." in heard.out
    assert "nothing" not in heard.out


def test_an_empty_collection_of_exchange_is_not_clean(tmp_path: Path) -> None:
    """Each part that is not there is named: exit 4."""
    told = tmp_path / "exchange.json"
    told.write_text('{"tightlip": "exchange", "schema": 1, "Get-PopSettings": null}', encoding="utf-8")
    heard = call("audit", "--product", "exchange", str(told))
    assert heard.code == Exit.DOUBT
    assert "Get-ReceiveConnector: was not collected" in " ".join(heard.out.split())


@pytest.mark.parametrize("value", ["$undecided", "${undecided?yes}"])
def test_a_switch_that_was_not_worked_out_does_not_switch_off(tmp_path: Path, value: str) -> None:
    """What is accepted is not known where a variable decides whether anybody may log in."""
    (tmp_path / "etc/postfix").mkdir(parents=True)
    (tmp_path / "etc/postfix/main.cf").write_text(f"smtpd_sasl_auth_enable = {value}\n")
    (tmp_path / "etc/postfix/master.cf").write_text("smtp inet n - n - - smtpd\n")
    heard = call("audit", "--store", "none", "--root", str(tmp_path))
    assert heard.code == Exit.DOUBT
    assert row_of(heard.out, "smtp/inet", "25") == ["not", "known", "not", "known", "none"]
