"""A round: one whole asking of a state, over as many connections as its questions need, and what it came to."""

from msgspec import Struct

from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Challenge,
    ControlAnswer,
    ErrorLimit,
    Fact,
    Refusal,
    Standing,
    Unanswered,
)
from tightlip.model.observation import Ending
from tightlip.ntlm.reading import read_challenge
from tightlip.ntlm.search import challenge_in
from tightlip.talk.grounds import refusals_in
from tightlip.talk.next_probe import Inquiry
from tightlip.talk.refusals import is_error_limit
from tightlip.talk.session import Session

# Bound once, as in the session: these are looked up for every conversation.
_COMPLETED = Ending.COMPLETED
# Of a connection that the peer did not cut off.
_ENDED_BY_NOBODY = (_COMPLETED, Ending.INTERNAL_ERROR)
# What a connection that is not about NTLM may leave of a doubt about it.
_DOUBTS = (Banner, Refusal)
# Of one refusal no other could be taken for the answer.
_COUNTED = 2


class Round(Struct):
    """What was learned in one asking; ``ending`` is that of the connection that settled the matter.

    ``goes_on`` says whether another connection is wanted, ``is_banned`` whether the host does not want us at all.
    ``limit_after`` are the refusals before a cut of which the next connection tells whether it was a limit of errors.
    """

    inquiry: Inquiry
    facts: list[Fact] = []
    ending: Ending = _COMPLETED
    error: str | None = None
    goes_on: bool = True
    is_banned: bool = False
    limit_after: int = 0

    def take(self, session: Session | None, ending: Ending, error: str | None) -> None:
        """Take what a connection brought."""
        heard = session.facts if session is not None else []
        if ending is _COMPLETED and self.inquiry.is_settled and not self.limit_after:
            self.facts += heard
            self.goes_on = False
            return
        if self.facts and not _was_let_in(heard, ending):
            self.be_banned()
            return
        if self.limit_after:  # greeted again: it was no ban
            heard.insert(0, ErrorLimit(self.limit_after))
            self.limit_after = 0
        if session is not None:
            self.note_hidden_challenge(session)
        is_limited = _drop_limit(heard)
        is_cut_off = ending is Ending.CLOSED_EARLY or is_limited or self._is_sent_away(session)
        limit = refusals_in(heard)
        if is_cut_off and self.inquiry.ask_again():
            self.limit_after = limit
        elif ending is not _COMPLETED:
            self._end(ending, error)
        elif any(type(fact) is Refusal and self._is_ban(fact) for fact in heard):
            self.is_banned = True
        elif is_limited:  # and was asked again, or was the first: nobody has answered it
            self._end(Ending.CLOSED_EARLY, error)
        is_about_ntlm = self.inquiry.is_about_ntlm
        self.facts += heard if is_about_ntlm else [fact for fact in heard if type(fact) not in _DOUBTS]
        self.inquiry.disconnect()
        self.goes_on = self.ending is _COMPLETED and not self.is_banned and self.inquiry.wants_connection()
        if not self.goes_on and self.ending is _COMPLETED and not self.is_banned:
            self.facts += self.inquiry.left_unasked()

    def note_hidden_challenge(self, session: Session | None) -> bool:
        """Note a challenge that stood anywhere in what the server said; whether there is one, noted now or before."""
        if session is None:
            return False
        if any(type(fact) is Challenge for fact in session.facts):
            return True
        if not (found := challenge_in(b"".join(session.heard))):
            return False
        door = self.inquiry.open_door
        session.facts += (Acceptance(door), read_challenge(door, found))
        return True

    def break_off(self, cause: str) -> None:
        """Nothing more may be asked, though something would have been worth it."""
        if self.inquiry.is_about_ntlm:
            self.facts.append(Unanswered(self.inquiry.open_door, cause))
        self.goes_on = False

    def be_banned(self) -> None:
        """A host that spoke to us a moment ago and does not any more has had enough of us."""
        if self.inquiry.is_about_ntlm:
            self.facts.append(Refusal(Asked.GREETING, Standing.BANNED, ""))
        self.is_banned = True
        self.goes_on = False

    def _is_ban(self, refusal: Refusal) -> bool:
        """A greeting that turns us away at once is the policy of one port; later on it is what we did to the host."""
        return refusal.standing is Standing.BANNED and (refusal.asked is not Asked.GREETING or bool(self.facts))

    def _is_sent_away(self, session: Session | None) -> bool:
        """Whether a close answered our goodbye, after so many refusals that one may have answered another question.

        It may be a limit of errors: asked again below it, the goodbye gets an answer, and shows whether we are in step.
        """
        if session is None or self.inquiry.has_disclosed or not session.leaving or session.awaits_close:
            return False
        return refusals_in(session.facts) >= _COUNTED

    def _end(self, ending: Ending, error: str | None) -> None:
        """A further connection never takes the first one's ending, unless it ended by a fault of ours."""
        if not self.facts or ending is Ending.INTERNAL_ERROR:
            self.ending, self.error = ending, error
            return
        if self.inquiry.is_about_ntlm:  # a doubt about NTLM; one about passwords leaves none
            self.facts.append(Unanswered(self.inquiry.open_door, error or ending))


def _was_let_in(heard: list[Fact], ending: Ending) -> bool:
    """Whether a further connection was greeted; after a cut this tells a limit of errors from a ban."""
    return ending in _ENDED_BY_NOBODY or any(type(fact) is Banner for fact in heard)


def _drop_limit(heard: list[Fact]) -> bool:
    """Drop a last refusal that speaks of the errors before it, for what was asked has not been answered; whether so."""
    last = heard[-1] if heard else None
    if type(last) is Refusal and refusals_in(heard) > 1 and is_error_limit(last.text):
        heard.pop()
        before = heard[-1] if heard else None
        if type(before) is ControlAnswer and before.text == last.text:
            heard.pop()
        return True
    return False
