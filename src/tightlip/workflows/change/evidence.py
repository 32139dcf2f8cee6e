"""What the endpoints say before a change, after it, and on the way back; and what of it has to be so."""

from collections.abc import Iterable

import msgspec

from tightlip.model.endpoint import read_endpoint
from tightlip.model.remedy import LimitAccounts
from tightlip.network.login import LoggedIn
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import Event
from tightlip.remediate.plan import Expectation, Plan
from tightlip.remediate.proof import Failure
from tightlip.workflows.change.ground import Ground, Proof, Tried
from tightlip.workflows.change.work import (
    AFTER,
    BACK,
    BEFORE,
    EARLIER,
    LOGINS,
    WITHOUT_LOGIN,
    Trouble,
    Work,
    demanded_back,
    earlier,
    logins,
    manifest,
)


def take_witness(work: Work, story: Story) -> Trouble | None:
    """What is silent now would be silent after the change as well: nothing could be proved, forwards or back.

    A way back is not refused: it may be what the server needs.
    """
    if work.folder.read(EARLIER) is None:
        for each in work.plan.left_out or ():
            work.tell(f"left out of the proof: {each}")
        asked = {each.endpoint: each for each in (*work.plan.expectations, *work.plan.restored)}
        witnessed = work.ground.witness(tuple(asked.values()))
        # A port that nobody's server holds may be anybody's: no password goes out while one of them is silent.
        if trouble := _silent(work, witnessed.earlier, story):
            return trouble
        tried = work.ground.try_login(witnessed.earlier)
        if trouble := _logins_that_prove(work, tried, story) or _let_in_now(work, story):
            return trouble
        work.folder.write(BEFORE, witnessed.evidence)
        work.folder.write(LOGINS, msgspec.json.encode(tried.worked if tried else ()))
        if story.opening.undoes is None:
            work.folder.widen_reserve()
        work.folder.write(EARLIER, msgspec.json.encode(witnessed.earlier))
        return None
    return _silent(work, earlier(work.folder), story)


def _silent(work: Work, before: Iterable[Expectation], story: Story) -> Trouble | None:
    if story.opening.undoes is not None:
        return None
    why = silence_of(work.ground, work.plan, frozenset(each.endpoint for each in before if each.closed))
    return Trouble(event=Event.FAILED, detail=why) if why else None


def silence_of(ground: Ground, plan: Plan, closed: frozenset[str] = frozenset()) -> str:
    """Where the service does not answer that the plan keeps; empty where all of it does.

    What greets after a PROXY header alone is not asked: of that only ``closed`` tells.
    """
    kept = [each for each in plan.expectations if not each.closed]
    silent = closed | ground.silent(tuple(each.endpoint for each in kept if each.proxied is not True))
    lost = [each.endpoint for each in kept if each.endpoint in silent]
    return (
        f"the service does not answer now at {', '.join(lost)}: start it, or reload it, then apply again"
        if lost
        else ""
    )


def _logins_that_prove(work: Work, tried: Tried | None, story: Story) -> Trouble | None:
    """What does not log in now could prove nothing later, neither forwards nor back: it is named and left out.

    Where nothing of it is left, no change is begun, and no rollback: one without a login can be.
    """
    if tried is None:
        return None
    proving = {each.endpoint for each in work.plan.expectations if each.kept}
    if proving.intersection(tried.worked):
        for each in tried.failed:
            work.tell(f"left out of the proof: {each}")
        return None
    why = "; ".join(tried.failed) or "no endpoint that the plan keeps takes it"
    way_on = f". {WITHOUT_LOGIN}" if story.opening.undoes else ""
    return Trouble(event=Event.FAILED, detail=f"the test login proves nothing: {why}{way_on}")


def prove(work: Work, story: Story) -> Trouble | None:
    """What was silent when a rollback began is asked as well, and not demanded: it may be down for another reason."""
    expected = work.plan.expectations
    if story.opening.undoes is None:
        for each in work.plan.left_out or ():
            work.doubt(each)
        proof = work.ground.prove(expected, logins(work.folder))
        return _proved(work, proof, AFTER) or _kept_out(work)
    if _is_stopped(work):
        return None
    spoke = {each.endpoint for each in earlier(work.folder) if not each.closed}
    closed = {each.endpoint for each in work.plan.restored if each.closed}
    proof = work.ground.prove_back(expected, logins(work.folder))
    return _proved(work, proof, AFTER, frozenset(each.endpoint for each in expected) - spoke - closed)


def _limited(work: Work) -> tuple[Expectation, ...]:
    """Where an account that is to be kept out can be tried; nowhere where the plan keeps none out."""
    protocols = {each.protocol for each in work.plan.remedies if isinstance(each, LimitAccounts)}
    return tuple(each for each in work.plan.expectations if read_endpoint(each.endpoint).protocol in protocols)


def _let_in_now(work: Work, story: Story) -> Trouble | None:
    """Of an account that does not log in before the change a refusal afterwards says nothing."""
    tried = work.ground.try_denied(_limited(work)) if story.opening.undoes is None else None
    if tried is None or isinstance(tried.outcome, LoggedIn):
        return None
    why = f"the account that is to be kept out does not log in now ({tried.endpoint}: {tried.outcome.why})"
    return Trouble(event=Event.FAILED, detail=f"{why}: its refusal would prove nothing")


def _kept_out(work: Work) -> Trouble | None:
    """Whether a change of who may log in has its effect; nothing that is asked without a password tells."""
    if not (limited := _limited(work)):
        return None
    tried = work.ground.try_denied(limited)
    if tried is None:
        work.doubt("that accounts are kept out: give one with --smoke-denied-user")
    elif isinstance(tried.outcome, LoggedIn):
        return Trouble(event=Event.FAILED, detail=f"{tried.endpoint}: the account that is to be kept out logs in")
    elif not tried.outcome.was_refused:
        work.doubt(f"that accounts are kept out: {tried.endpoint}: {tried.outcome.why}")
    return None


def prove_back(work: Work) -> Trouble | None:
    """Whether what spoke before the change says the same again; a server that does not run proves nothing."""
    expected = demanded_back(work.folder, work.plan)
    if _is_stopped(work):
        return None
    if path := _in_place_before(work):
        # What ran before came from other files than those that lay there: it cannot come again, but must greet.
        work.doubt(f"{path} was in its new form before the change began, and stays so: only that all greet")
        expected = tuple(Expectation(endpoint=each.endpoint, proxied=each.proxied) for each in expected)
    if not expected and work.plan.expectations:
        work.doubt("nothing answered before, and so nothing could be demanded now")
    return _proved(work, work.ground.prove_back(expected, logins(work.folder)), BACK)


def _in_place_before(work: Work) -> str | None:
    """A file that was not written, since it was as it was to become; the server had not been told of it."""
    entries = manifest(work.folder).entries
    return next((each.path for each in entries if each.was.sha256 == each.becomes.sha256), None)


def _is_stopped(work: Work) -> bool:
    """Whether a server that the plan reloads does not run, as far as can be seen: then nothing can be proved.

    One that is not seen may run all the same (in a container): so something has to be silent as well, other than what
    a change closes. Who asks a server that is stopped (Postfix, for its logins) is no proof either.
    """
    stopped = [each.product for each in work.plan.products if each.reload and not work.ground.runs(each.instance)]
    if not stopped:
        return False
    told = (*work.plan.expectations, *work.plan.restored)
    asked = {each.endpoint for each in told} - {each.endpoint for each in told if each.closed or each.proxied is True}
    if not work.ground.silent(tuple(sorted(asked))):
        return False
    work.doubt("; ".join(f"{each} does not run: start it" for each in stopped))
    return True


def _proved(work: Work, proof: Proof, name: str, spared: frozenset[str] = frozenset()) -> Trouble | None:
    """Of the endpoints that are ``spared`` a failure is taken down as a doubt."""
    work.folder.write(name, proof.evidence)
    if counting := [each for each in proof.failures if each.endpoint not in spared]:
        return Trouble(event=Event.FAILED, detail=_failures(counting))
    if not proof.ok:
        at = dict.fromkeys(each.endpoint for each in proof.failures)
        work.doubt(f"silent before, and not as it was before the change: {', '.join(at)}")
    return None


def _failures(failures: Iterable[Failure]) -> str:
    return "; ".join(f"{each.endpoint}: {each.why}" for each in failures)
