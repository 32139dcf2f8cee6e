"""Telling answers from what is none, and noting what they say besides the exchange of a login."""

import re
from collections.abc import Callable, Generator, Iterable
from functools import lru_cache

from tightlip.model.endpoint import Security
from tightlip.model.facts import Asked, Door, LeftUnasked, Mechanisms, Refusal, Standing, TlsOffer, Upgrade
from tightlip.model.oddity import Oddity, OddityName
from tightlip.talk.refusals import is_of_the_command, standing_of
from tightlip.talk.steps import HEAR_CLOSE, HEAR_LINE, HEAR_LIST, START_TLS, Dialogue, Note, Step
from tightlip.talk.text import words

_DETAIL_LIMIT = 80
# A list without an end: no server has this many capabilities.
_LIST_LIMIT = 200
# A list without an end: no server has this many mechanisms.
_MECHANISMS_LIMIT = 100
_BETWEEN_NAMES = re.compile(rb'[,;"]')
# RFC 4422 section 3.1 gives a mechanism 20 characters.
_MECHANISM_LENGTH = 64

KEPT_LISTS = 64
"""How many lists are remembered with what was read in them; each is bounded by what may wait without an end."""

_LISTED, _UNLISTED = Note(TlsOffer(True)), Note(TlsOffer(False))

TLS_OFFER_NOTES = {
    (Security.PLAIN, True): (_LISTED,),
    (Security.PLAIN, False): (_UNLISTED,),
    (Security.STARTTLS, True): (),
    (Security.STARTTLS, False): (),
    (Security.IMPLICIT, True): (_LISTED,),
    (Security.IMPLICIT, False): (),
}
"""What is noted of a list, by its state and whether it offers to upgrade; made once, for every server has one or not.

Within TLS nobody should: another program ends TLS there, and the server behind it waits for a TLS of its own.
"""


def _nothing(_line: bytes) -> bool:
    return False


def hear_answer(
    is_answer: Callable[[bytes], bool], is_elsewhere: Callable[[bytes], bool] = _nothing
) -> Generator[Step, bytes, bytes]:
    """The next line that is an answer by the protocol's grammar; a server that never gives one is timed out.

    Where one that was passed over answers another question, as ``is_elsewhere`` tells, we are out of step.
    """
    line = yield HEAR_LINE
    return line if is_answer(line) else (yield from hear_on(line, is_answer, is_elsewhere))


def hear_on(
    line: bytes, is_answer: Callable[[bytes], bool], is_elsewhere: Callable[[bytes], bool] = _nothing
) -> Generator[Step, bytes, bytes]:
    """The same after ``line``, which is none."""
    yield from unexpected(line)
    is_in_step = True
    while not is_answer(line):
        if is_in_step and is_elsewhere(line):
            is_in_step = False
            yield Note(Oddity(OddityName.OUT_OF_STEP, words(line[:_DETAIL_LIMIT])))
        line = yield HEAR_LINE
    return line


def hear_list(called: str) -> Generator[Step, bytes, list[bytes]]:
    """The lines up to the lone dot, as they came; ``called`` is what an oddity about the list calls it."""
    lines = (yield HEAR_LIST).split(b"\r\n")
    del lines[-1]  # what follows the last CRLF
    if len(lines) >= _LIST_LIMIT:
        yield Note(Oddity(OddityName.LIST_TOO_LONG, called))
        del lines[_LIST_LIMIT:]
    return lines


def unexpected(line: bytes) -> Dialogue:
    """Note an answer that the question did not ask for."""
    yield Note(Oddity(OddityName.UNEXPECTED_REPLY, words(line[:_DETAIL_LIMIT])))


def listed(names: Iterable[bytes], via: Door = Door.AUTH) -> Dialogue:
    """Note the mechanisms a server lists for one door, each once, upper case, in its order, and as it spells them.

    Some lists have commas or semicolons between their names, or quotes around them.
    """
    yield from _notes_of(tuple(names), via)


@lru_cache(KEPT_LISTS)
def _notes_of(names: tuple[bytes, ...], via: Door) -> tuple[Note, ...]:
    """Kept for a while: servers of one product and policy list the same."""
    parts = (part for name in names for part in _BETWEEN_NAMES.split(name))
    written = dict.fromkeys(words(part[:_MECHANISM_LENGTH]) for part in parts if part)
    upper = dict.fromkeys(map(str.upper, written))
    # In upper case: nothing more has to be remembered of most lists.
    as_written = () if written == upper else tuple(written)[:_MECHANISMS_LIMIT]
    note = Note(Mechanisms(tuple(upper)[:_MECHANISMS_LIMIT], via, as_written))
    if len(upper) > _MECHANISMS_LIMIT:
        # What stands behind them was not even read.
        return note, Note(Oddity(OddityName.LIST_TOO_LONG, "mechanisms")), Note(LeftUnasked(via, "further mechanisms"))
    return (note,)


def upgrade_answered(protocol: str, upgrade: Upgrade) -> Generator[Step, bytes, bool]:
    """Note what became of STARTTLS and bring TLS up where it was agreed on; whether it is up.

    Only "not now" and "not you" are noted as refusals: any other "no" means that the state cannot be asked, which the
    upgrade says.
    """
    yield Note(upgrade)
    if upgrade.accepted:
        yield START_TLS
        return True
    standing = standing_of(protocol, upgrade.text)
    if _is_unwelcome(standing, upgrade.text) or (standing is Standing.TEMPORARY and upgrade.offered):
        yield Note(Refusal(Asked.STARTTLS, standing, upgrade.text))
    return False


def list_refused(protocol: str, text: str) -> Dialogue:
    """Note a "not now" or "not you" to our question what is offered; any other "no" means an unknown command."""
    standing = standing_of(protocol, text)
    if _is_unwelcome(standing, text):
        yield Note(Refusal(Asked.CAPABILITIES, standing, text))


def _is_unwelcome(standing: Standing, text: str) -> bool:
    return standing is Standing.BANNED or (standing is Standing.TEMPORARY and not is_of_the_command(text))


def refused(asked: Asked, standing: Standing, text: str) -> Dialogue:
    """Note a "no" to our connection or to our question what is offered; what it says of mechanisms is no matter."""
    is_for_now = standing in (Standing.TEMPORARY, Standing.BANNED, Standing.TLS_REQUIRED)
    yield Note(Refusal(asked, standing if is_for_now else Standing.PERMANENT, text))


def out_of_step(raw: bytes) -> Dialogue:
    """Note that an answer does not belong to what was asked."""
    yield Note(Oddity(OddityName.OUT_OF_STEP, words(raw[:80])))


def left() -> Dialogue:
    """After the answer to our goodbye: whatever still comes belongs to an earlier question.

    Where a host was disclosed nothing depends on it, and nobody waits.
    """
    line = yield HEAR_CLOSE
    yield from out_of_step(line)
