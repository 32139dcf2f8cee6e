"""``tightlip scan --proxy-protocol``: servers behind a proxy, which greet nobody without a PROXY header."""

from pathlib import Path

import msgspec

from tests.unit.cli.calling import call
from tests.unit.network.scripts import ntlm, pop3
from tests.unit.network.servers import Act, Client, serving
from tightlip.assess.scope import make_scope
from tightlip.model.errors import Exit
from tightlip.network.messages import EVERYWHERE, EngineSettings
from tightlip.store.opening import open_store
from tightlip.workflows.beginning import Sources, begin, read_sources, resume


def behind_proxy(act: Act) -> Act:
    """A server that does ``act`` for those who send the header, and says nothing to others."""

    def begin(client: Client) -> None:
        if client.hear().startswith(b"PROXY TCP4 "):
            act(client)

    return begin


def test_a_leak_behind_a_proxy_is_found() -> None:
    """By name, and with the header in its transcript; without the option nothing is greeted."""
    with serving(behind_proxy(ntlm())) as server:
        target = f"pop3+plain://127.0.0.1:{server.port}"
        heard = call("scan", "--proxy-protocol", target, "--format", "html")
        without = call("scan", "--read-timeout", "0.2", target, "--format", "jsonl", "--store", "none")
    assert heard.code == Exit.FINDINGS
    assert "PROXY TCP4 127.0.0.2 127.0.0.1 " in heard.out
    assert without.records[0]["verdict"] == "inconclusive"


def test_a_server_that_expects_none_is_not_clean() -> None:
    """It refuses NTLM; and its answers belong to other questions."""
    with serving(pop3()) as server:
        target = f"pop3+plain://127.0.0.1:{server.port}"
        heard = call("scan", "--proxy-protocol", target, "--format", "jsonl", "--store", "none")
    assert (heard.records[0]["verdict"], heard.records[0]["reason"]) == ("inconclusive", "out_of_step")


def test_a_resumed_run_goes_on_with_it(tmp_path: Path) -> None:
    """It is kept with the run; a run of before has none."""
    sources = Sources(("pop3://127.0.0.1:9",))
    engine = EngineSettings(allowed=(), proxied=frozenset({EVERYWHERE}))
    with open_store(str(tmp_path / "store.db")) as store:
        with read_sources(sources, make_scope((), ())) as (itinerary, wanted):
            begin(sources, itinerary, wanted, engine, None, store)
        assert resume("last", store)[1].proxied == {EVERYWHERE}
    kept = msgspec.msgpack.decode(msgspec.msgpack.encode(EngineSettings(allowed=())))
    del kept["proxied"]
    assert not msgspec.convert(kept, EngineSettings, strict=False).proxied
