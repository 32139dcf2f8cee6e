"""A peer that uses every string it can send to steer a terminal, a browser, a spreadsheet or the reader's eye."""

from datetime import UTC, datetime

from tests.unit.reports.challenges import EXCHANGE
from tests.unit.reports.examples import entry, finding, pop3
from tightlip.model.disclosure import Disclosure, Implementation
from tightlip.model.facts import (
    Acceptance,
    Asked,
    Banner,
    Challenge,
    Door,
    Mechanisms,
    Refusal,
    Standing,
    TlsState,
    Unanswered,
    Upgrade,
)
from tightlip.model.finding import FindingState, Severity
from tightlip.model.observation import Line, Speaker
from tightlip.model.oddity import Oddity, OddityName
from tightlip.model.verdict import Assessment, Reason, Verdict

ESCAPE = "\x1b[2J\x1b]0;owned\x07"
MARKUP = "</style><script>alert(1)</script><img src=//evil.example onerror=x>{{7*7}}"
FORMULA = '=HYPERLINK("https://evil.example","x")'
TURNED = "moc.elpmaxe\u202e\u200f\u2066"
C1 = "\x9b31m\x7f\u00ad"
ALL_OF_IT = f"{ESCAPE}{MARKUP}{TURNED}{C1}\r\n\t\0"

_POP3 = pop3("odd.example.org")

HOSTILE = entry(
    5,
    _POP3,
    Assessment(Verdict.DISCLOSES, Reason.NAMES, ALL_OF_IT),
    [
        Banner(FORMULA),
        Upgrade(True, False, ALL_OF_IT),
        Mechanisms((FORMULA, MARKUP, "NTLM")),
        Acceptance(Door.AUTH),
        Challenge(
            Door.AUTH,
            EXCHANGE + ALL_OF_IT.encode("utf-16-le"),
            Disclosure(ALL_OF_IT, FORMULA, "@SUM(1)", "-1+1", f"+{MARKUP}", f"\t{FORMULA}", product=MARKUP),
            Implementation.UNKNOWN,
            ALL_OF_IT,
            (Oddity(OddityName.NUL_BYTE, ALL_OF_IT, 3),),
        ),
        Unanswered(Door.SPNEGO, ALL_OF_IT),
        Refusal(Asked.MESSAGE, Standing.PERMANENT, ALL_OF_IT, Door.AUTH),
        TlsState("TLSv1.2", "A", (ALL_OF_IT, FORMULA), ALL_OF_IT, datetime(2027, 1, 1, tzinfo=UTC), True, False),
    ],
    [
        Line(Speaker.SERVER, ALL_OF_IT.encode()),
        Line(Speaker.SERVER, b"\xff\xfe\x1b[31m"),
        Line(Speaker.NOTE, MARKUP.encode()),
    ],
    [(finding("ntlm-discloses-host", _POP3, Severity.HIGH, ALL_OF_IT, ALL_OF_IT, FORMULA), FindingState.OPEN)],
)
