"""Names as targets, with look-ups of our own: each address is judged by itself, and dialled only inside the scope."""

from collections.abc import Iterator
from ipaddress import ip_address
from pathlib import Path

import pytest

from tests.unit.workflows.responder import Responder, responding
from tests.unit.workflows.running import report, scan, tightlip
from tightlip.assess.scope import make_scope
from tightlip.network.messages import EngineSettings
from tightlip.store.opening import open_store
from tightlip.workflows.beginning import Sources, begin, read_sources, resume

ADDRESSES = {
    "one.test": ("127.0.81.1",),
    "two.test": ("127.0.81.1", "127.0.81.2"),
    "outside.test": ("198.51.100.9", "2001:db8::9"),
    "half.test": ("127.0.81.3", "198.51.100.10"),
    "hidden.test": ("::ffff:198.51.100.11", "64:ff9b::c633:640c", "224.0.0.1", "0.0.0.0"),
}


@pytest.fixture
def responder(monkeypatch: pytest.MonkeyPatch) -> Iterator[Responder]:
    """With look-ups that leave no packet."""
    monkeypatch.setattr("tightlip.network.resolve._addresses", lambda name: ADDRESSES.get(name, ()))
    with responding() as answering:
        yield answering


def test_each_address_of_a_name_is_one_observation(tmp_path: Path, responder: Responder) -> None:
    """Under the name as targeted, so that the finding is one; and it is asked once however often it is named."""
    target = f"pop3+plain://two.test:{responder.port}"
    told = scan(
        tmp_path, target, target.upper().replace("POP3+PLAIN", "pop3+plain"), target.replace("two.test", "two.test.")
    )
    assert told.verdicts == {
        (f"pop3://two.test:{responder.port}", "127.0.81.1", "discloses"): 1,
        (f"pop3://two.test:{responder.port}", "127.0.81.2", "discloses"): 1,
    }
    assert report(tmp_path).verdicts == told.verdicts
    ids = {identity for identity, _ in told.findings}
    assert len(ids) == 2
    listed = tightlip(tmp_path, "findings", "--format", "jsonl").records
    assert {each["id"] for each in listed} == ids
    assert told.summary["findings"] == {"medium": 2} == report(tmp_path).summary["findings"]


def test_what_a_name_resolves_to_is_judged(tmp_path: Path, responder: Responder) -> None:
    """Nothing outside is dialled, in whatever disguise; all of it is listed, and the rest is asked."""
    names = ("outside.test", "half.test", "hidden.test", "one.test")
    told = scan(tmp_path, *(f"pop3+plain://{name}:{responder.port}" for name in names))
    assert responder.dialled == {"127.0.81.1": 1, "127.0.81.3": 1}
    assert (told.code, told.summary["endpoints"]) == (3, 2)
    listed = {(each["target"], each["why"]) for each in told.summary["not_asked"]}
    assert listed == {
        ("198.51.100.9", "out_of_scope"),
        ("2001:db8::9", "out_of_scope"),
        ("198.51.100.10", "out_of_scope"),
        ("::ffff:198.51.100.11", "out_of_scope"),
        ("64:ff9b::c633:640c", "out_of_scope"),
        ("224.0.0.1", "never_dialled"),
        ("0.0.0.0", "never_dialled"),
    }


def test_a_name_without_an_address_is_a_doubt(tmp_path: Path, responder: Responder) -> None:
    """It is listed, and the exit code says that something is not known; an excluded name is listed as that."""
    port = responder.port
    told = scan(tmp_path, "pop3://gone.test", f"pop3+plain://one.test:{port}", "--exclude", "ONE.test")
    assert told.code == 4
    assert {(each["target"], each["why"]) for each in told.summary["not_asked"]} == {
        ("gone.test", "unresolved"),
        ("one.test", "excluded"),
    }
    assert not responder.dialled


def test_an_excluded_name_is_all_of_its_addresses(tmp_path: Path, responder: Responder) -> None:
    """Whoever reaches them, by network, by another name, or embedded; also where the run is rehearsed."""
    port = responder.port
    words = [f"pop3+plain://127.0.81.0/30:{port}", f"pop3+plain://one.test:{port}", f"[::ffff:127.0.81.2]:{port}"]
    told = scan(tmp_path, *words, "--exclude", "two.test")
    assert responder.dialled == {"127.0.81.0": 1, "127.0.81.3": 1}
    assert {(each["target"], each["why"]) for each in told.summary["not_asked"]} == {
        ("127.0.81.1/32", "excluded"),
        ("127.0.81.2/32", "excluded"),
        ("127.0.81.1", "excluded"),
        ("::ffff:7f00:5102", "excluded"),
    }
    rehearsed = tightlip(tmp_path, "scan", "--dry-run", *words, "--exclude", "two.test").out
    assert (rehearsed.count("would dial"), rehearsed.count("would not")) == (2, 4)


def test_a_resumed_run_keeps_out_what_it_kept_out(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """An excluded name is looked up once: it may have moved since, or be gone."""
    monkeypatch.setattr("tightlip.network.resolve._addresses", lambda name: ADDRESSES.get(name, ()))
    with open_store(str(tmp_path / "store.db")) as store:
        sources = Sources(("127.0.81.0/30",), exclude=("two.test", "10.0.0.0/8"))
        with read_sources(sources, make_scope((), ())) as (itinerary, wanted):
            begun = begin(sources, itinerary, wanted, EngineSettings(allowed=()), None, store)
        monkeypatch.setattr("tightlip.network.resolve._addresses", lambda _: ())
        resumed, _ = resume(begun.run.id, store)
    assert resumed.itinerary.exclusions == itinerary.exclusions
    assert resumed.itinerary.exclusions.hold(ip_address("::ffff:127.0.81.2"))


def test_an_excluded_name_without_an_address_is_refused(tmp_path: Path, responder: Responder) -> None:
    """Nobody knows what it was meant to keep out: nothing is asked."""
    words = (f"pop3+plain://one.test:{responder.port}", "--exclude", "gone.test")
    for told in (scan(tmp_path, *words), tightlip(tmp_path, "scan", "--dry-run", *words)):
        assert (told.code, told.out, told.err.count("\n")) == (2, "", 2)
        assert "--exclude gone.test: the name has no address" in told.err
    assert not responder.dialled


def test_a_rehearsal_sends_nothing(tmp_path: Path, responder: Responder) -> None:
    """It says what would be dialled, on whose authority, and what not; exclusions count."""
    port = responder.port
    words = ["127.0.82.0/30", "198.51.100.0/24", f"pop3+plain://half.test:{port}", "one.test", f"127.0.0.1:{port}"]
    told = tightlip(tmp_path, "scan", "--dry-run", *words, "--exclude", "127.0.0.1", "--exclude", "one.test")
    lines = told.out.splitlines()
    assert (told.code, told.err, responder.dialled.total()) == (3, "", 0)
    assert lines[:2] == [
        "would dial   127.0.82.0/30 (4 addresses)  the usual mail ports  [built in: loopback]",
        "would not    198.51.100.0/24 (256 addresses)  out of scope",
    ]
    assert set(lines[2:-1]) == {
        f"would dial   pop3+plain://half.test:{port} at 127.0.81.3  {port}/pop3/plain  [built in: loopback]",
        f"would not    pop3+plain://half.test:{port} at 198.51.100.10  out of scope: no scope entry holds it",
        "would not    one.test  excluded",
        f"would not    127.0.0.1:{port} at 127.0.0.1  excluded",
    }
    assert lines[-1].startswith("257 targets are outside the scope")
    assert lines[-1].endswith("; nothing was sent")
    assert "No runs yet" in tightlip(tmp_path, "runs").out


def test_a_name_is_mended_only_where_all_its_addresses_are(tmp_path: Path, responder: Responder) -> None:
    """Whichever answers first: one address that still leaks keeps the finding open; a mute one proves nothing."""
    target = f"pop3+plain://two.test:{responder.port}"
    quick = ("--connect-timeout", "0.3", "--read-timeout", "0.3")
    states = []
    for mended in ((), ("127.0.81.1",), ("127.0.81.2",), ("127.0.81.1", "127.0.81.2")):
        responder.mended = frozenset(mended)
        scan(tmp_path, target)
        states.append(_states(tmp_path))
    responder.mended = frozenset()
    scan(tmp_path, target)
    states.append(_states(tmp_path))
    responder.mended = frozenset(("127.0.81.1", "127.0.81.2"))
    responder.mute_after = responder.dialled.total() + 1
    scan(tmp_path, target, "--concurrency", "1", *quick)
    states.append(_states(tmp_path))
    assert states == [{"open"}, {"open"}, {"open"}, {"fixed"}, {"regressed"}, {"regressed"}]


def test_an_address_that_a_name_has_no_more_keeps_its_finding_open(
    tmp_path: Path, responder: Responder, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A look-up that gives a part of the addresses mends nobody; the other one does, once it is asked again."""
    target = f"pop3+plain://two.test:{responder.port}"
    scan(tmp_path, target)
    responder.mended = frozenset(("127.0.81.1",))
    monkeypatch.setitem(ADDRESSES, "two.test", ("127.0.81.1",))
    for _ in range(2):
        told = scan(tmp_path, target)
        assert (told.code, _states(tmp_path)) == (4, {"open"})
    verified = tightlip(tmp_path, "verify", target)
    assert "at 127.0.81.2, not asked under this name now: it was met there" in " ".join(verified.out.split())
    assert (verified.code, _states(tmp_path)) == (1, {"open"})
    responder.mended = frozenset(("127.0.81.1", "127.0.81.2"))
    monkeypatch.setitem(ADDRESSES, "two.test", ("127.0.81.2",))
    assert (scan(tmp_path, target).code, _states(tmp_path)) == (0, {"fixed"})


def _states(home: Path) -> set[str]:
    every = (word for state in ("open", "fixed", "regressed", "accepted") for word in ("--state", state))
    listed = tightlip(home, "findings", "--format", "jsonl", *every).records
    return {each["state"] for each in listed if each["rule"] == "ntlm-discloses-host"}
