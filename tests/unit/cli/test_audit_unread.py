"""``tightlip audit`` where a configuration was not read whole: it is never made to look better than it is known."""

from tests.unit.cli.calling import call
from tests.unit.products.cases import ROOT
from tightlip.model.errors import Exit


def test_what_was_not_read_is_not_known() -> None:
    """No offers because nothing could be read: neither nothing is offered, nor is TLS required."""
    file = ROOT / "exim" / "authenticators-behind-a-macro" / "before.conf"
    heard = call("audit", "--store", "none", "--product", "exim", str(file))
    assert heard.code == Exit.DOUBT
    (row,) = (line.split() for line in heard.out.splitlines() if line.split()[:1] == ["smtp"])
    assert row == ["smtp", "25", "not", "known", "not", "known", "optional"]
    assert "in doubt" in heard.out


def test_what_was_read_and_offers_nothing_offers_nothing() -> None:
    """A server that takes mail alone."""
    file = ROOT / "courier" / "debian-as-shipped" / "before" / "etc" / "courier" / "esmtpd"
    heard = call("audit", "--store", "none", "--product", "courier", str(file))
    (row,) = (line.split() for line in heard.out.splitlines() if line.split()[:1] == ["esmtpd"])
    assert row[2:4] == ["nothing", "nothing"]
