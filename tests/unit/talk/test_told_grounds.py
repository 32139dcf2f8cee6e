"""What is told of the paths that carry Kerberos too: as a Postfix 3.7.11 with a keytab answered."""

import pytest

from tightlip.model.endpoint import Security
from tightlip.model.facts import Acceptance, Asked, Door, Fact, Kerberos, Mechanisms, Opening, Refusal, Standing
from tightlip.model.verdict import Reason
from tightlip.talk.grounds import grounds_of
from tightlip.talk.told_grounds import told_grounds

NO_SUCH, UNCLEAR = Standing.NO_SUCH_MECHANISM, Standing.UNCLEAR
LISTED = Mechanisms(("GSSAPI", "PLAIN"))
NTLM = Refusal(Asked.MECHANISM, NO_SUCH, "535 no mechanism available", Door.AUTH, "NTLM")
FAILED = Refusal(Asked.MESSAGE, UNCLEAR, "535 authentication failure", Door.GSSAPI, "GSSAPI")
NAMED = Refusal(Asked.MECHANISM, NO_SUCH, "535 no mechanism available", Door.SPNEGO, "GSS-SPNEGO")
AT_ONCE = Refusal(Asked.MECHANISM, UNCLEAR, "535 failed", Door.SPNEGO, "GSS-SPNEGO", Opening.INITIAL_RESPONSE)


def told(*facts: Fact) -> list[tuple[str, str, str]]:
    """The path, its mechanism and what it proves, behind NTLM's own."""
    grounds = told_grounds("smtp", Security.STARTTLS, [LISTED, NTLM, *facts])
    assert (grounds[0].refusal, grounds[0].reason) == (NTLM, Reason.REFUSED)
    return [(ground.refusal.via or "", ground.refusal.mechanism, ground.reason) for ground in grounds[1:]]


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([FAILED], [("gssapi", "GSSAPI", "refused")]),
        ([FAILED, FAILED], [("gssapi", "GSSAPI", "refused")]),
        ([Kerberos(Door.SPNEGO, "334 oRQ=")], [("spnego", "GSS-SPNEGO", "refused")]),
        ([FAILED, Kerberos(Door.GSSAPI, "334 oRQ=")], [("gssapi", "GSSAPI", "refused")] * 2),
        ([AT_ONCE], [("spnego", "GSS-SPNEGO", "refused")]),
        ([NAMED, AT_ONCE], [("spnego", "GSS-SPNEGO", "refusal_unclear")]),
        ([FAILED, Acceptance(Door.GSSAPI)], []),
    ],
)
def test_each_answer_to_our_message_is_a_ground(facts: list[Fact], expected: list[tuple[str, str, str]]) -> None:
    """Once, and none where NTLM was taken in the end; a path that was refused by its name has that one."""
    assert told(*facts) == expected


def test_who_says_not_now_proves_nothing() -> None:
    """As a Postfix without a keytab does, which is no clean one for that."""
    later = Refusal(Asked.MESSAGE, Standing.TEMPORARY, "454 generic failure", Door.GSSAPI, "GSSAPI")
    assert told(later) == [("gssapi", "GSSAPI", "refusal_unclear")]


def test_no_verdict_rests_on_them() -> None:
    """Which is why they are not among the grounds that are judged: begun GSSAPI alone says nothing of NTLM itself."""
    assert grounds_of("smtp", Security.STARTTLS, [LISTED, FAILED]) == ()
