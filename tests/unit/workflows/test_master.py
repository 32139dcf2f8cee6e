"""What a server's master process may still do: a port that it closes on a signal it may not be able to open again."""

from pathlib import Path

import pytest

from tightlip.workflows.change import master
from tightlip.workflows.change.master import may_open

ALL, NONE, BINDS = "000001ffffffffff", "0000000000000000", "0000000000000400"


def test_a_master_opens_what_its_rights_let_it(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A port below the first free one wants CAP_NET_BIND_SERVICE (capabilities(7)); one that has ended opens none."""
    (tmp_path / "sys/net/ipv4").mkdir(parents=True)
    (tmp_path / "sys/net/ipv4/ip_unprivileged_port_start").write_text("1024\n")
    for pid, held in ((1, ALL), (2, NONE), (3, BINDS)):
        (tmp_path / str(pid)).mkdir()
        (tmp_path / str(pid) / "status").write_text(f"Name:\tmaster\nCapPrm:\t{ALL}\nCapEff:\t{held}\n")
    monkeypatch.setattr(master, "_PROC", tmp_path)
    assert [may_open(pid, 110) for pid in (1, 2, 3, 4)] == [True, False, True, False]
    assert [may_open(pid, 1110) for pid in (1, 2, 3, 4)] == [True, True, True, False]
