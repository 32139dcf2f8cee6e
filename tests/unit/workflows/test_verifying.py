"""The re-test on practice servers: what is proven, what fails, what stays open, and what had been found before."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.unit.network.mailboxes import mailbox
from tests.unit.network.servers import serving
from tests.unit.network.shown import certificate, context_of
from tests.unit.workflows.responder import REFUSAL, responding
from tightlip.assess.checklist import Check, Outcome, Question
from tightlip.lab.servers import Lab, Served, open_lab
from tightlip.lab.shelf import chosen_talks, shipped_talks
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import Exit
from tightlip.model.finding import FindingState
from tightlip.network.credentials import Credentials
from tightlip.workflows import verifying
from tightlip.workflows.interruption import Interruption
from tightlip.workflows.practice import target_of
from tightlip.workflows.verifying import Verification, VerifyOrder

BOB = Credentials("bob", "sesame")
MENDED = [f"{talk.protocol}/{talk.claim}" for talk in shipped_talks() if "after-the-fix" in talk.claim]
HIDING = "pop3/takes-passwords-it-does-not-list"
PLAIN_ONLY = "lmtp/dovecot-knows-no-auth"

Verify = Callable[..., Verification]


@pytest.fixture(autouse=True)
def _own_folders(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    for name in ("CONFIG", "DATA", "STATE"):
        monkeypatch.setenv(f"XDG_{name}_HOME", str(tmp_path / name.lower()))


@pytest.fixture
def verify(tmp_path: Path) -> Verify:
    """A function that tests targets again, with a store that stays from one test to the next."""

    def carried_out(*targets: str, credentials: Credentials | None = None, store: str = "") -> Verification:
        order = VerifyOrder(targets=targets, store=store or str(tmp_path / "store.db"), credentials=credentials)
        with verifying.verifying(order, lambda _progress: None, Interruption()) as carry_out:
            return carry_out()

    return carried_out


@pytest.fixture(scope="module")
def lab() -> Iterator[Lab]:
    """Every mended server there is a talk of, one that only hides, and one without TLS."""
    with open_lab(chosen_talks([*MENDED, HIDING, PLAIN_ONLY])) as opened:
        yield opened


def targets(lab: Lab, *names: str) -> dict[str, str]:
    """The targets of these talks' states, and the text forms of the endpoints they are."""
    served = [each for each in lab.served if _name(each) in names]
    return {target_of(each.endpoint): str(each.endpoint) for each in served}


def _name(served: Served) -> str:
    return f"{served.talk.protocol}/{served.talk.claim}"


def outcomes(told: Verification, question: Question) -> dict[str, Outcome]:
    """What came of one question, by endpoint."""
    return {check.endpoint: check.outcome for check in told.checks if check.question is question}


def only(told: Verification, question: Question) -> Check:
    """The one check of a question."""
    (check,) = [each for each in told.checks if each.question is question]
    return check


def test_every_mended_server_is_proven_so(lab: Lab, verify: Verify) -> None:
    """NTLM is refused in every state and TLS enforced, by Dovecot, Cyrus, Postfix and Exim as they really answer."""
    asked = targets(lab, *MENDED)
    told = verify(*asked)
    assert outcomes(told, Question.NTLM_REFUSED) == dict.fromkeys(asked.values(), Outcome.PROVEN)
    plain = [str(each) for target, each in asked.items() if "+plain" in target]
    assert outcomes(told, Question.TLS_ENFORCED) == dict.fromkeys(plain, Outcome.PROVEN)
    assert len(plain) == len(MENDED)


def test_the_practice_certificates_are_not_sound(lab: Lab, verify: Verify) -> None:
    """They are self-signed, which fails the re-test on this machine too."""
    told = verify(*targets(lab, MENDED[0]))
    certificates = [each for each in told.checks if each.question is Question.CERTIFICATE_SOUND]
    assert {(each.outcome, each.why) for each in certificates} == {(Outcome.FAILED, "self-signed")}
    assert told.exit is Exit.FINDINGS


def test_who_takes_passwords_without_listing_them_fails(lab: Lab, verify: Verify) -> None:
    """NTLM is refused and the list is empty: that is not enough."""
    told = verify(next(iter(targets(lab, HIDING))))
    assert only(told, Question.NTLM_REFUSED).outcome is Outcome.PROVEN
    enforced = only(told, Question.TLS_ENFORCED)
    assert (enforced.outcome, "asked for before TLS" in enforced.why) == (Outcome.FAILED, True)
    assert (told.exit, told.why) == (Exit.FINDINGS, "1 of 2 checks failed")


def test_all_proven_is_exit_zero(lab: Lab, verify: Verify) -> None:
    """A plain state that refuses everything."""
    told = verify(next(iter(targets(lab, "smtp/postfix-refuses-ntlm-after-the-fix"))))
    assert (told.exit, told.why) == (Exit.OK, "both checks are proven")


def test_nobody_there_is_a_doubt(verify: Verify) -> None:
    """A port that was named, and a host where nothing answers."""
    named = verify("pop3+plain://127.0.0.9:9")
    assert (named.exit, only(named, Question.NTLM_REFUSED).outcome) == (Exit.DOUBT, Outcome.UNKNOWN)
    bare = verify("127.0.0.9")
    assert (bare.exit, bare.why, bare.checks) == (Exit.DOUBT, "1 host was not reached", ())


def test_a_target_outside_the_scope_comes_first(lab: Lab, verify: Verify) -> None:
    """Before what failed and what is unknown."""
    assert verify(next(iter(targets(lab, HIDING))), "198.51.100.7").exit is Exit.SCOPE


@pytest.mark.parametrize(
    ("answer", "outcome", "why"),
    [
        (b"+OK welcome\r\n", Outcome.PROVEN, "bob logged in over TLS"),
        (b"-ERR [AUTH] wrong sesame\r\n", Outcome.FAILED, "-ERR [AUTH] wrong ‹secret›"),
    ],
)
def test_a_login_is_tried_over_tls(verify: Verify, answer: bytes, outcome: Outcome, why: str) -> None:
    """At each endpoint that has one; on this machine whatever its certificate."""
    act = mailbox(
        "pop3", Security.IMPLICIT, context_of(certificate()), {b"PASS": answer, b"AUTH": REFUSAL.encode() + b"\r\n"}
    )
    with serving(act) as server:
        endpoint = Endpoint(server.address, server.port, "pop3", Security.IMPLICIT)
        check = only(verify(str(endpoint), credentials=BOB), Question.LOGIN_WORKS)
    assert check == Check(
        question=Question.LOGIN_WORKS, endpoint=str(endpoint), address="127.0.0.1", outcome=outcome, why=why
    )


def test_a_refusal_on_one_host_keeps_no_other_from_being_tried(verify: Verify) -> None:
    """Two hosts of one protocol: each may know the account by itself, and two refusals are not too many."""
    no = {b"PASS": b"-ERR [AUTH] no\r\n", b"AUTH": REFUSAL.encode() + b"\r\n"}
    act = mailbox("pop3", Security.IMPLICIT, context_of(certificate()), no)
    with serving(act) as one, serving(act, "127.0.0.2") as other:
        asked = [str(Endpoint(each.address, each.port, "pop3", Security.IMPLICIT)) for each in (one, other)]
        told = verify(*asked, credentials=BOB)
    assert outcomes(told, Question.LOGIN_WORKS) == dict.fromkeys(asked, Outcome.FAILED)


@pytest.mark.parametrize(
    ("name", "state", "why"),
    [
        (PLAIN_ONLY, Security.PLAIN, "a password goes over TLS only"),
        ("nntp/cyrus-refuses-ntlm-after-the-fix", Security.IMPLICIT, "tightlip has none for nntp"),
    ],
)
def test_an_account_that_nothing_could_be_tried_with_is_a_doubt(
    lab: Lab, verify: Verify, name: str, state: Security, why: str
) -> None:
    """It does not pass in silence, and says why."""
    endpoint = next(each.endpoint for each in lab.served if _name(each) == name and each.endpoint.security is state)
    check = only(verify(target_of(endpoint), credentials=BOB), Question.LOGIN_WORKS)
    assert (check.endpoint, check.outcome) == (str(endpoint), Outcome.UNKNOWN)
    assert why in check.why


def test_without_an_account_no_login_is_missed(lab: Lab, verify: Verify) -> None:
    """Nobody asked for one."""
    assert outcomes(verify(next(iter(targets(lab, PLAIN_ONLY)))), Question.LOGIN_WORKS) == {}


def test_the_certificate_of_another_machine_is_verified(
    lab: Lab, verify: Verify, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a handshake of its own; nothing of this machine's is taken on trust, once it counts as another."""
    monkeypatch.setattr("tightlip.network.login.is_loopback", lambda _address: False)
    monkeypatch.setattr(verifying, "own_addresses", lambda: ())
    told = verify(*targets(lab, "imap/dovecot-refuses-ntlm-after-the-fix"))
    checks = [each for each in told.checks if each.question is Question.CERTIFICATE_SOUND]
    assert [(each.outcome, each.why) for each in checks] == [
        (Outcome.FAILED, "self-signed, not trusted: self-signed certificate")
    ] * len(checks)
    assert len(checks) == 2


def test_findings_are_held_against_what_is_heard_now(verify: Verify, monkeypatch: pytest.MonkeyPatch) -> None:
    """The evidence then and now, at every address of a name: one that is mended does not speak for the others."""
    monkeypatch.setattr("tightlip.network.resolve._addresses", lambda _name: ("127.0.81.1", "127.0.81.2"))
    with responding() as server:
        target = f"pop3+plain://two.test:{server.port}"
        assert verify(target).compared == ()
        server.mended = frozenset({"127.0.81.2"})
        half = {each.before.finding.rule: each for each in verify(target).compared}["ntlm-discloses-host"]
        server.mended = frozenset({"127.0.81.1", "127.0.81.2"})
        whole = {each.before.finding.rule: each for each in verify(target).compared}["ntlm-discloses-host"]
        again = verify(target)
    assert "NTLM challenge gives away" in half.then
    assert "NTLM challenge by auth" in half.then
    assert (half.before.state, half.state) == (FindingState.OPEN, FindingState.OPEN)
    assert sorted(half.now) == [f"at 127.0.81.1: {half.then}", f"at 127.0.81.2: clean, {REFUSAL}"]
    assert (whole.before.state, whole.state) == (FindingState.OPEN, FindingState.FIXED)
    assert sorted(whole.now) == [f"at 127.0.81.1: clean, {REFUSAL}", f"at 127.0.81.2: clean, {REFUSAL}"]
    assert again.compared == ()


def test_a_port_that_speaks_another_protocol_now_is_compared_too(verify: Verify) -> None:
    """It was found by its number: what stands of its POP3 is named, and its clean SMTP is not exit code 0."""
    with responding() as server:
        target, host = f"127.0.83.1:{server.port}", "127.0.83.1"
        verify(target)
        server.smtp_now = frozenset({host})
        told = verify(target)
        beside = verify(f"pop3+starttls://{target}")
    assert {each.outcome for each in told.checks} == {Outcome.PROVEN}
    assert (told.exit, "could not be closed" in told.why) == (Exit.FINDINGS, True)
    disclosed = {each.before.finding.rule: each for each in told.compared}["ntlm-discloses-host"]
    assert (disclosed.before.finding.subject, disclosed.state) == (f"pop3://{target}", FindingState.OPEN)
    said = "clean, 503 5.5.1 Error: authentication not enabled"
    assert f"smtp://{target} answers there: {said}" in disclosed.now
    assert beside.compared == ()


def test_what_cannot_be_told_closes_nothing(verify: Verify) -> None:
    """A server that has fallen silent leaves its finding open."""
    with responding() as server:
        target = f"pop3+plain://127.0.82.1:{server.port}"
        verify(target)
    told = verify(target)
    states = {each.before.finding.rule: (each.before.state, each.state, each.now) for each in told.compared}
    assert states["ntlm-discloses-host"] == (
        FindingState.OPEN,
        FindingState.OPEN,
        ("unreachable, connection refused",),
    )


def test_without_a_store_nothing_is_compared(lab: Lab, verify: Verify) -> None:
    """And nothing is missing for it."""
    told = verify(next(iter(targets(lab, HIDING))), store="none")
    assert told.compared == ()
    assert len(told.checks) == 2
