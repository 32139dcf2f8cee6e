"""Runs, observations and judgements of a few made-up hosts, for the store to keep."""

from datetime import UTC, datetime, timedelta

from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.endpoint import Endpoint, Security
from tightlip.model.errors import Exit
from tightlip.model.facts import Banner, Challenge, Door, Mechanisms
from tightlip.model.finding import (
    Certainty,
    Cleared,
    Evidence,
    Finding,
    Reference,
    Remediation,
    RemediationKind,
    Severity,
)
from tightlip.model.observation import Ending, Line, Observation, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.run import Run, Summary
from tightlip.model.verdict import Assessment, Reason, Verdict
from tightlip.store import Batch, Judgement, Kept

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)
RULE = "ntlm-discloses-host"
DISCLOSES = Assessment(Verdict.DISCLOSES, Reason.NAMES)


def run(id_: str = "run-1", started: datetime = NOON) -> Run:
    """A run that has begun."""
    return Run(id=id_, version="0.1", started=started, targets=("mail.example.org",), seed="seed")


def summary(of: Run, exit_: Exit = Exit.FINDINGS) -> Summary:
    """The end of a run, an hour after its beginning."""
    ended = Run(
        id=of.id,
        version=of.version,
        started=of.started,
        targets=of.targets,
        seed=of.seed,
        ended=of.started + timedelta(hours=1),
    )
    return Summary(
        run=ended, targets=1, endpoints=1, verdicts={"discloses": 1}, findings={"medium": 1}, exit=exit_, why="one"
    )


def endpoint(host: str = "mail.example.org", port: int = 110) -> Endpoint:
    """POP3 before TLS."""
    return Endpoint(host, port, "pop3", Security.PLAIN)


def observation(of: Endpoint, time: datetime = NOON, address: str | None = "192.0.2.7") -> Observation:
    """One of every kind of value that could get lost on the way: times, bytes, oddities, unset fields."""
    disclosure = Disclosure(target_name="CORP", dns_computer_name="ex01.corp.example", system_time=NOON)
    odd = (Oddity(OddityName.AV_EOL_MISSING, "the list ends without one", 41),)
    challenge = Challenge(Door.AUTH, b"NTLMSSP\0\xff\0", disclosure, Implementation.WINDOWS, "pair order", odd)
    facts = (Banner("ready \0 \x1b[31m"), Mechanisms(("PLAIN", "NTLM")), challenge)
    transcript = (Line(Speaker.SERVER, b"+OK \xff\0"), Line(Speaker.CLIENT, b"QUIT"))
    return Observation(of, address, time, Ending.COMPLETED, facts, transcript)


def kept(
    position: int = 0, of: Endpoint | None = None, time: datetime = NOON, address: str | None = "192.0.2.7"
) -> Kept:
    """An observation that discloses."""
    return Kept(position, observation(of or endpoint(), time, address), DISCLOSES)


def finding(of: Endpoint | None = None, rule: str = RULE, text: str = "CORP") -> Finding:
    """A finding with all its parts."""
    return Finding(
        rule=rule,
        subject=str(of or endpoint()),
        severity=Severity.MEDIUM,
        certainty=Certainty.HEARD,
        summary="the server names its host",
        evidence=(Evidence(text=text),),
        remediations=(Remediation(RemediationKind.WITHDRAW_MECHANISM, f"what mends {rule}"),),
        references=(Reference("MS-NLMP", "https://example.org/ms-nlmp"),),
    )


def flagged(time: datetime = NOON, *, of: Endpoint | None = None, text: str = "CORP", rule: str = RULE) -> Judgement:
    """The rule holds for the endpoint."""
    at = of or endpoint()
    return Judgement(at.host, time, flagged=(finding(at, rule, text),))


def cleared(time: datetime, of: Endpoint | None = None, rule: str = RULE) -> Judgement:
    """The rule was proven not to hold."""
    at = of or endpoint()
    return Judgement(at.host, time, cleared=(Cleared(rule, str(at)),))


def batch(
    *judgements: Judgement, run_id: str = "run-1", observations: tuple[Kept, ...] = (), watermark: int = 0
) -> Batch:
    """Something to commit."""
    return Batch(run_id, list(observations), list(judgements), watermark, b"tally")
