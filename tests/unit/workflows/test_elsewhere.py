"""Addresses that a name has no more keep what was found there, whichever rule found it, until they are asked again."""

import time
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.unit.assess.observed import REFUSED, TLS_FIRST, TLS_LISTED, challenge, observed
from tests.unit.store.samples import DAY, NOON, batch, run
from tightlip.assess.verdict import assess
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    Acceptance,
    Control,
    ControlAnswer,
    Door,
    Fact,
    Mechanisms,
    PasswordRefused,
    Standing,
)
from tightlip.model.finding import Cleared
from tightlip.model.host_view import Assessed
from tightlip.model.observation import Answered, Depth
from tightlip.model.verdict import Reason, Verdict
from tightlip.store import Kept, Store, open_store
from tightlip.store.values import Judgement
from tightlip.workflows.elsewhere import cleared_everywhere
from tightlip.workflows.judging import judged

RULE = "cleartext-login-without-tls"
SUBJECT = "pop3://mail.example.org:110"
LISTS_PLAIN = (Mechanisms(("PLAIN",)), REFUSED)
WAITS = (
    Mechanisms(()),
    TLS_LISTED,
    REFUSED,
    PasswordRefused("PLAIN", Standing.TLS_REQUIRED, "-ERR STLS first"),
    PasswordRefused("USER", Standing.TLS_REQUIRED, "-ERR STLS first"),
)


LEAK = "ntlm-discloses-host"
LEAKS = (Mechanisms(("NTLM",)), Acceptance(Door.AUTH), challenge(Disclosure(target_name="CORP")))
REFUSES = (Mechanisms(("PLAIN",)), REFUSED)
REFUSES_BEFORE_TLS = (Mechanisms(()), TLS_LISTED, TLS_FIRST)
LISTS_AND_REFUSES = (
    Mechanisms(("NTLM", "PLAIN")),
    REFUSED,
    ControlAnswer(Control.UNKNOWN_MECHANISM, "X-TIGHTLIP", taken=False, text="-ERR no such mechanism"),
    ControlAnswer(Control.LISTED_MECHANISM, "PLAIN", taken=True, text="+ "),
)
OLD, NEW, OTHER = "192.0.2.7", "192.0.2.8", "192.0.2.9"


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """An empty one."""
    with open_store(str(tmp_path / "store.db")) as opened:
        yield opened


def heard(
    *facts: Fact,
    at: str,
    time: datetime,
    security: Security = Security.PLAIN,
    depth: Depth = Depth.THOROUGH,
    throttled: bool = False,
    answers: tuple[Answered, ...] = (),
) -> Assessed:
    """What an asking of the name at one address taught, thorough unless it is said."""
    seen = observed(*facts, depth=depth, security=security)
    seen = replace(seen, address=at, time=time, was_throttled=throttled, answers=answers)
    return Assessed(seen, assess(seen))


def keep(store: Store, name: str, *group: Assessed) -> None:
    """As a run of this name would, and without what it clears."""
    store.begin_run(run(name), b"")
    said = [judgement for judgement in map(judged, group) if judgement]
    rows = tuple(Kept(number, each.observation, each.assessment) for number, each in enumerate(group))
    store.commit(batch(*(replace(each, cleared=()) for each in said), run_id=name, observations=rows))


def clears(store: Store, assessed: Assessed, rule: str = RULE) -> bool:
    """Whether what was heard now still clears the finding, with all that is known of other addresses."""
    (judgement,) = cleared_everywhere([(assessed, judged(assessed))], store)
    return Cleared(rule, SUBJECT) in judgement.cleared


def test_passwords_in_clear_at_an_address_that_is_not_asked_stand(store: Store) -> None:
    """Another node that wants TLS says nothing of it; the same one, mended later, does."""
    keep(store, "first", heard(*LISTS_PLAIN, at=OLD, time=NOON))
    mended = heard(*WAITS, at=NEW, time=NOON + 2 * DAY)
    assert not clears(store, mended)
    assert clears(store, heard(*WAITS, at=OLD, time=NOON + 2 * DAY))
    keep(store, "second", heard(*WAITS, at=OLD, time=NOON + DAY))
    assert clears(store, mended)


def test_a_list_without_logins_takes_nothing_back(store: Store) -> None:
    """Servers take what they do not list."""
    keep(store, "first", heard(*LISTS_PLAIN, at=OLD, time=NOON))
    keep(store, "second", heard(Mechanisms(()), REFUSED, at=OLD, time=NOON + DAY))
    assert not clears(store, heard(*WAITS, at=NEW, time=NOON + 2 * DAY))


LATER = NOON + DAY
MIXED = (Answered(Verdict.CLEAN, Reason.REFUSED, 1), Answered(Verdict.DISCLOSES, Reason.NAMES, 1))
CLEAN = heard(*REFUSES, at=OLD, time=LATER)
TLS_WANTED = heard(*REFUSES_BEFORE_TLS, at=OLD, time=LATER)
TLS_CLEAN = heard(*REFUSES, at=OLD, time=LATER, security=Security.STARTTLS)


@pytest.mark.parametrize("since", [(CLEAN,), (TLS_WANTED, TLS_CLEAN)])
def test_what_could_close_a_finding_at_an_address_takes_it_back(store: Store, since: tuple[Assessed, ...]) -> None:
    """A thorough clean, and TLS first together with the same run's STARTTLS."""
    keep(store, "first", heard(*LEAKS, at=OLD, time=NOON))
    keep(store, "second", *since)
    assert clears(store, heard(*REFUSES, at=NEW, time=NOON + 2 * DAY), LEAK)


@pytest.mark.parametrize(
    "since",
    [
        (heard(*REFUSES, at=OLD, time=LATER, depth=Depth.POLITE),),
        (heard(*REFUSES, at=OLD, time=LATER, throttled=True),),
        (TLS_WANTED,),
        (TLS_WANTED, heard(*LEAKS, at=OLD, time=LATER, security=Security.STARTTLS)),
        (TLS_WANTED, heard(*REFUSES, at=OLD, time=LATER, security=Security.STARTTLS, throttled=True)),
        (TLS_WANTED, heard(*REFUSES, at=OTHER, time=LATER, security=Security.STARTTLS)),
        (TLS_CLEAN,),
        (CLEAN, heard(*LEAKS, at=OLD, time=LATER, security=Security.STARTTLS, answers=MIXED)),
        (heard(Mechanisms(("PLAIN",)), at=OLD, time=LATER),),
    ],
)
def test_what_could_not_close_it_takes_nothing_back(store: Store, since: tuple[Assessed, ...]) -> None:
    """Polite, of a host that throttled us, TLS first beside a STARTTLS in doubt, a half-mended pool, no answer."""
    keep(store, "first", heard(*LEAKS, at=OLD, time=NOON))
    keep(store, "second", *since)
    assert not clears(store, heard(*REFUSES, at=NEW, time=NOON + 2 * DAY), LEAK)


def test_the_starttls_of_another_day_says_nothing_of_todays(store: Store) -> None:
    """Each run is judged by itself."""
    keep(store, "first", heard(*LEAKS, at=OLD, time=NOON))
    keep(store, "second", TLS_CLEAN)
    keep(store, "third", replace(TLS_WANTED, observation=replace(TLS_WANTED.observation, time=NOON + 2 * DAY)))
    assert not clears(store, heard(*REFUSES, at=NEW, time=NOON + 3 * DAY), LEAK)


def test_ntlm_met_in_any_way_keeps_every_finding_about_it(store: Store) -> None:
    """An address at which NTLM now names nobody has it all the same."""
    keep(store, "first", heard(*LEAKS, at=OLD, time=NOON))
    keep(store, "second", heard(Acceptance(Door.AUTH), challenge(Disclosure()), at=OLD, time=LATER))
    assert not clears(store, heard(*REFUSES, at=NEW, time=NOON + 2 * DAY), LEAK)


def test_what_a_fix_has_settled_keeps_nothing_open(store: Store) -> None:
    """The service was withdrawn at the old address, and proven so; then the name moved, leaked, and was mended."""
    keep(store, "first", heard(*LEAKS, at=OLD, time=NOON))
    store.begin_run(run("second"), b"")
    store.commit(batch(Judgement("mail.example.org", LATER, cleared=(Cleared(LEAK, SUBJECT),)), run_id="second"))
    keep(store, "third", heard(*LEAKS, at=NEW, time=NOON + 2 * DAY))
    assert clears(store, heard(*REFUSES, at=NEW, time=NOON + 3 * DAY), LEAK)
    assert not clears(store, heard(*REFUSES, at=OTHER, time=NOON + 3 * DAY), LEAK)


def test_ntlm_that_is_listed_and_refused_was_not_met(store: Store) -> None:
    """The list is a finding of its own, which stands."""
    lists = "advertised-contradicts-accepted"
    keep(store, "first", heard(*LEAKS, at=OLD, time=NOON))
    keep(store, "second", heard(*LISTS_AND_REFUSES, at=OLD, time=LATER))
    mended = heard(*REFUSES, at=NEW, time=NOON + 2 * DAY)
    assert clears(store, mended, LEAK)
    assert not clears(store, mended, lists)


def test_five_hundred_names_are_looked_up_in_seconds(store: Store) -> None:
    """Each by what was heard at its own port, in however many runs."""
    names = [f"mail{number}.example.org" for number in range(500)]
    for name in ("first", "second"):
        keep(store, name, *(at_host(heard(*LEAKS, at=OLD, time=NOON), host) for host in names))
    mended = [at_host(heard(*REFUSES, at=NEW, time=LATER), host) for host in names]
    began = time.process_time()
    judgements = cleared_everywhere([(each, judged(each)) for each in mended], store)
    assert not any(
        Cleared(LEAK, f"pop3://{host}:110") in each.cleared for each, host in zip(judgements, names, strict=True)
    )
    assert time.process_time() - began < 5


def at_host(assessed: Assessed, host: str) -> Assessed:
    """The same, of another name."""
    seen = replace(assessed.observation, endpoint=replace(assessed.observation.endpoint, host=host))
    return replace(assessed, observation=seen)
