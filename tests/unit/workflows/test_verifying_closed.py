"""The re-test of services that were withdrawn: only a refused connection proves it, and then it closes findings."""

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import observed
from tests.unit.workflows.responder import REFUSAL, responding
from tightlip.assess.checklist import Outcome, Question
from tightlip.assess.verdict import assess
from tightlip.model.errors import Exit, UsageError
from tightlip.model.finding import Certainty, Cleared, Finding, FindingState, Severity
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Ending
from tightlip.network.credentials import Credentials
from tightlip.store.opening import open_store
from tightlip.workflows import verifying
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.judging import judging_closed
from tightlip.workflows.verifying import Expect, Verification, VerifyOrder

WITHDRAWN = "service withdrawn: the connection is refused"


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))
    addresses = {"two.test": ("127.0.85.1", "127.0.85.2"), "gone.test": ()}
    monkeypatch.setattr("tightlip.network.resolve._addresses", lambda name: addresses[name])


@pytest.fixture
def store(tmp_path: Path) -> str:
    """One that stays through a test."""
    return str(tmp_path / "store.db")


def verify(store: str, *targets: str, expect: Expect = Expect.CLOSED) -> Verification:
    """Test these targets."""
    order = VerifyOrder(targets=targets, store=store, expect=expect)
    with verifying.verifying(order, lambda _progress: None, Interruption()) as carry_out:
        return carry_out()


def states(store: str) -> set[FindingState]:
    """The states of all findings."""
    with open_store(store) as opened:
        return {kept.state for kept in opened.findings(frozenset())}


@pytest.mark.parametrize("host", ["127.0.85.1", "two.test"])
@pytest.mark.parametrize("form", ["pop3+plain://{host}:{port}", "{host}:{port}"])
def test_a_refused_connection_closes_the_findings_of_its_endpoint(store: str, host: str, form: str) -> None:
    """At every address of a name, however the port is written; the run in the store says the same."""
    with responding() as server:
        target = f"pop3+plain://{host}:{server.port}"
        verify(store, target, expect=Expect.MENDED)
        (still_there,) = {each.outcome for each in verify(store, target).checks}
        assert (still_there, states(store)) == (Outcome.FAILED, {FindingState.OPEN})
        written = form.format(host=host, port=server.port)
    told = verify(store, written)
    assert {(each.question, each.outcome, each.why) for each in told.checks} == {
        (Question.SERVICE_CLOSED, Outcome.PROVEN, WITHDRAWN)
    }
    assert (told.exit, told.summary.exit, states(store)) == (Exit.OK, Exit.OK, {FindingState.FIXED})
    where = ["127.0.85.1", "127.0.85.2"] if host == "two.test" else []
    now = sorted(f"at {address}: {WITHDRAWN}" for address in where) or [WITHDRAWN]
    assert [(sorted(each.now), each.state) for each in told.compared] == [(now, FindingState.FIXED)] * len(
        told.compared
    )
    assert "ntlm-discloses-host" in {each.before.finding.rule for each in told.compared}


def test_a_port_is_closed_for_whatever_was_spoken_there(store: str) -> None:
    """No connection comes up for any protocol; another TLS state of the same has to be asked by itself."""
    with responding() as server:
        verify(store, f"pop3+plain://127.0.85.1:{server.port}", expect=Expect.MENDED)
    verify(store, f"pop3+starttls://127.0.85.1:{server.port}")
    assert states(store) == {FindingState.OPEN}
    told = verify(store, f"smtp+plain://127.0.85.1:{server.port}")
    assert (told.exit, states(store)) == (Exit.OK, {FindingState.FIXED})
    assert {each.state for each in told.compared} == {FindingState.FIXED}


def test_an_address_where_the_protocol_is_another_closes_nothing_of_the_name(store: str) -> None:
    """One address is mended; at the other the port is recognised as something else, which says nothing of POP3."""
    with responding() as server:
        verify(store, f"pop3+plain://two.test:{server.port}", expect=Expect.MENDED)
        server.mended, server.smtp_now = frozenset({"127.0.85.1"}), frozenset({"127.0.85.2"})
        told = verify(store, f"two.test:{server.port}", expect=Expect.MENDED)
    assert (told.exit, states(store)) == (Exit.FINDINGS, {FindingState.OPEN})


def test_what_goes_on_answering_is_not_closed(store: str) -> None:
    """However clean it is; and the run that the store keeps ended as the re-test did."""
    with responding() as server:
        server.mended = frozenset({"127.0.85.1"})
        told = verify(store, f"pop3+plain://127.0.85.1:{server.port}", f"pop3+plain://127.0.85.1:{server.port + 1}")
    assert (told.exit, told.why) == (Exit.FINDINGS, "1 of 2 checks failed")
    assert f"it takes connections: clean, {REFUSAL}" in {each.why for each in told.checks}
    with open_store(store) as opened:
        summary = opened.run(told.summary.run.id).summary
    assert summary is not None
    assert (summary.exit, summary.why) == (told.exit, told.why)


@pytest.mark.parametrize(
    ("ending", "error", "closes"),
    [
        (Ending.CONNECTION_REFUSED, None, True),
        (Ending.UNREACHABLE, "timed_out", False),
        (Ending.UNREACHABLE, "EHOSTUNREACH", False),
        (Ending.TIMED_OUT, None, False),
        (Ending.INTERNAL_ERROR, None, False),
    ],
)
def test_silence_proves_nothing(ending: Ending, error: str | None, closes: bool) -> None:
    """Nor does a missing route: a filter in between looks just so. Other endpoints' findings are left alone."""
    heard = observed(ending=ending, error=error)
    subjects = [str(heard.endpoint), "pop3+starttls://mail.example.org:110", "mx1 auth_mechanisms"]
    known = [Finding("ntlm-offered", subject, Severity.LOW, Certainty.HEARD, "offers") for subject in subjects]
    judgement = judging_closed(known).judge(Assessed(heard, assess(heard)))
    assert (judgement.cleared if judgement else ()) == ((Cleared("ntlm-offered", subjects[0]),) if closes else ())


def test_a_refused_connection_may_be_a_ban() -> None:
    """Who had throttled us by then may reject us at every port: no finding of that host is closed by it."""
    heard = replace(observed(ending=Ending.CONNECTION_REFUSED), was_throttled=True)
    known = [Finding("ntlm-offered", str(heard.endpoint), Severity.LOW, Certainty.HEARD, "offers")]
    judgement = judging_closed(known).judge(Assessed(heard, assess(heard)))
    assert (judgement.cleared if judgement else ()) == ()


def test_the_usual_re_test_takes_a_refused_connection_for_a_doubt(store: str) -> None:
    """It closes nothing, as ever."""
    with responding() as server:
        target = f"pop3+plain://127.0.85.1:{server.port}"
        verify(store, target, expect=Expect.MENDED)
    told = verify(store, target, expect=Expect.MENDED)
    assert (told.exit, states(store)) == (Exit.DOUBT, {FindingState.OPEN})


def test_of_a_host_every_port_must_be_closed(store: str) -> None:
    """A bare one that refuses all of them counts as reached."""
    told = verify(store, "127.0.85.3")
    assert (told.exit, told.why, len(told.checks)) == (Exit.OK, "all 18 checks are proven", 18)


def test_what_was_not_reached_is_a_doubt_beside_what_is_proven(store: str) -> None:
    """Whatever is expected: a name without an address, and (of a mended service) a host where all is closed."""
    with responding() as server:
        server.mended = frozenset({"127.0.85.1"})
        clean = f"smtp+plain://127.0.85.1:{server.port}"
        unresolved = verify(store, "pop3+plain://127.0.85.4:9", "gone.test")
        dead = verify(store, clean.replace("smtp", "pop3"), "127.0.85.4", expect=Expect.MENDED)
    assert (unresolved.exit, unresolved.why) == (Exit.DOUBT, "1 name without an address")
    assert dead.exit is Exit.DOUBT
    assert dead.why.endswith("1 host was not reached")


def test_a_finding_that_stands_comes_before_what_is_unknown(store: str) -> None:
    """Exit code 1 whatever could not be told besides, and the line tells both; TLS first alone closes nothing."""
    with responding() as server:
        target = f"pop3+plain://127.0.85.1:{server.port}"
        verify(store, target, expect=Expect.MENDED)
        server.tls_first = frozenset({"127.0.85.1"})
        told = verify(store, target, "gone.test", expect=Expect.MENDED)
    standing = sum(each.before.finding.severity is not Severity.INFO for each in told.compared)
    assert (told.exit, told.why) == (
        Exit.FINDINGS,
        f"{standing} findings still stand open; 1 name without an address",
    )


def test_nobody_logs_in_to_what_is_closed(store: str) -> None:
    """Wrong usage, before anybody is dialled."""
    order = VerifyOrder(targets=("127.0.85.1",), store=store, expect=Expect.CLOSED, credentials=Credentials("bob", "x"))
    with (
        pytest.raises(UsageError, match="--smoke-user goes with"),
        verifying.verifying(order, lambda _progress: None, Interruption()),
    ):
        pass
