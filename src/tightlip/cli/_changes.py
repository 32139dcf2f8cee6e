"""What the commands about changes share: the smoke login's options, spans of time, how a change is told, exit codes."""

import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from tightlip.cli._secrets import secret_from, secret_typed
from tightlip.model.errors import Exit, UsageError
from tightlip.network.credentials import Credentials
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import ENDS, Event, State
from tightlip.reports._escape import visible
from tightlip.workflows.change.driving import INTERRUPTED
from tightlip.workflows.change.ground import Trials
from tightlip.workflows.change.history import Damaged
from tightlip.workflows.change.work import WITHOUT_LOGIN
from tightlip.workflows.changing import SetAside
from tightlip.workflows.proving import LOGIN_FAILED

_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_SPAN = re.compile(r"([0-9]{1,6})([smhd])")

# An undone change has left the findings open; of a stuck one nobody can tell how the service runs.
_EXITS = {State.REFUSED: Exit.REFUSED, State.UNDONE: Exit.FINDINGS, State.STUCK: Exit.DOUBT}


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Smoke:
    """A real login that ends every proof."""

    smoke_user: str | None = None
    "Log in over TLS as this account, once at each endpoint, as a part of the proof."
    smoke_password_file: Path | None = None
    "A file, readable by nobody else, whose first line is its password; else it is asked for at the terminal."

    def credentials(self) -> Credentials | None:
        """The account; the password from its file, or typed."""
        return _account(self.smoke_user, self.smoke_password_file, "--smoke")


NO_SMOKE = Smoke()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Denied:
    """An account that a change is to keep out."""

    smoke_denied_user: str | None = None
    "With a plan of limit-accounts: this account logs in before the change, and must be refused after it."
    smoke_denied_password_file: Path | None = None
    "A file, readable by nobody else, whose first line is its password; else it is asked for at the terminal."

    def credentials(self) -> Credentials | None:
        """The account; the password from its file, or typed."""
        return _account(self.smoke_denied_user, self.smoke_denied_password_file, "--smoke-denied")


NO_DENIED = Denied()


@Parameter(name="*")
@dataclass(frozen=True, kw_only=True)
class Beforehand:
    """What comes before the first write."""

    untried: Annotated[bool, Parameter(negative=(), show_default=False)] = False
    "Do not start the server beside the running one first. For one that needs a service that a trial does not reach."

    @property
    def trials(self) -> Trials:
        """Whether the product is tried."""
        return Trials.LEFT_OUT if self.untried else Trials.MADE


BEFOREHAND = Beforehand()


def _account(user: str | None, file: Path | None, option: str) -> Credentials | None:
    if user is None:
        if file is not None:
            raise UsageError(f"{option}-password-file goes with {option}-user", "whose password is it?")
        return None
    password = secret_from(file) if file else secret_typed(f"Password of {user}")
    return Credentials(user, password)


def span(text: str, option: str, example: str = "10m") -> timedelta:
    """``90s``, ``10m``, ``2h`` or ``90d``; UsageError, which shows ``example``, where it is none, or nothing."""
    match = _SPAN.fullmatch(text.strip())
    if match is None or int(match[1]) == 0:
        raise UsageError(
            f"{option} {text!r} is no span of time", f"write {option} {example}; the units are s, m, h and d"
        )
    return timedelta(**{_UNITS[match[2]]: int(match[1])})


def told(story: Story) -> str:
    """How a change came out, in a line or a few that may be shown as they are, and how to go on."""
    return _shown(_told(story))


def told_damaged(change: Damaged) -> str:
    """That a change cannot be read any more, and how to go on."""
    return _shown(
        f"{change.folder.id} is damaged: {change.why}\n"
        f"Nobody can tell how far it came. Compare its files with both forms, in {change.folder.path},\n"
        f"backup/ and new/, see to the service, and then: tightlip recover --give-up {change.folder.id}\n"
    )


def told_aside(outcome: SetAside) -> str:
    """Where a damaged change is now."""
    return _shown(
        f"{outcome.change} is set aside, and the files that it was about were left as they are.\n"
        f"All that is known of it, both forms of each file too, is in {outcome.path}\n"
    )


def _shown(text: str) -> str:
    return "".join(f"{visible(line)}\n" for line in text.splitlines())


def _told(story: Story) -> str:
    change, why = story.opening.change, _why(story)
    match story.state:
        case State.KEPT:
            return f"{change} {_kept(story)}\n"
        case State.CONFIRMING:
            due = story.opening.due
            ending = f" until {due:%Y-%m-%d %H:%M:%S} UTC, then undone" if due else ""
            return f"{change} is in force{ending}.\nKeep it with: tightlip confirm {change}\n"
        case State.UNDONE:
            return f"{change} is undone: {_undone(story)}{why}\n"
        case State.REFUSED:
            return f"{change} is refused: nothing was changed.{why}\n"
        case State.GIVEN_UP:
            return f"{change} is given up: its files were left as they are.\n"
        case _:
            return f"{change} is stuck.{why}\n{_ways_on(story)}"


def exit_of(story: Story) -> Exit:
    """The exit code that a change's state gives."""
    last = [each for each in story.records if each.event is Event.WITHDRAWN]
    if story.state in (State.UNDONE, State.REFUSED) and last and last[-1].detail == INTERRUPTED:
        return Exit.INTERRUPTED
    is_way_back = story.state is not State.KEPT or story.opening.undoes is not None
    if story.state in ENDS and story.unproved and is_way_back:
        return Exit.DOUBT
    return _EXITS.get(story.state, Exit.OK)


def _undone(story: Story) -> str:
    """What is in force again; a rollback that is undone has left its change as it was."""
    undoes = story.opening.undoes
    if story.unproved:
        what = "its files are as they were, byte for byte" if undoes is None else f"the files of {undoes} are in place"
        return f"{what}.\nNot proved: {story.unproved}."
    return "the old configuration is in force, byte for byte." if undoes is None else f"{undoes} is still in force."


def _kept(story: Story) -> str:
    if story.opening.undoes is not None:
        how = f"done: the files are back.\nNot proved: {story.unproved}" if story.unproved else "done, and proved"
        return f"is {how}.\n{story.opening.undoes} is taken back. To make it again, apply its plan again."
    proof = f"not proved: {story.unproved}" if story.unproved else "what was to be proved is proved"
    return f"is kept: {proof}.\nUndo it with: tightlip rollback {story.opening.change}"


def _why(story: Story) -> str:
    return f"\nWhy: {story.why}" if story.why else ""


def _ways_on(story: Story) -> str:
    change = story.opening.change
    if story.records[-1].event is Event.MOVED:
        return (
            f"The file as it was before lies in the change's folder (tightlip show {change}). Either bring yours into\n"
            "that form, then: tightlip recover\n"
            f"or keep it as it is, see to the service yourself, and: tightlip recover --give-up {change}\n"
        )
    alone = f"{WITHOUT_LOGIN}.\n" if LOGIN_FAILED in (story.why or "") else ""
    return (
        f"{alone}"
        "Mend the reason (is the service started?), then: tightlip recover\n"
        f"or see to it yourself, and: tightlip recover --give-up {change}\n"
    )
