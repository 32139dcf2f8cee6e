"""``tightlip tour``: the two-minute tour: practice servers, a scan, a report, and the whole way of mending one."""

from collections.abc import Iterator
from textwrap import fill

from tightlip import registry
from tightlip.cli._command import Command, Stage
from tightlip.cli._output import Output, results, say, style_for, write_all
from tightlip.cli._progress import StatusForm, watcher
from tightlip.cli._tour_mending import mend_one
from tightlip.cli._tour_words import WIDTH, paragraph, title
from tightlip.model.errors import Exit
from tightlip.model.facts import Challenge
from tightlip.model.verdict import Verdict
from tightlip.reports._escape import visible
from tightlip.reports._report import Entry, Report, ReportFormat
from tightlip.workflows.interruption import interruptible
from tightlip.workflows.practice import Tour, touring

_DEEP = " " * 16

_BEGINNING = """\
A mail server that offers NTLM answers the first message of a login, sent by anybody and without any password, with \
a "challenge" that names the host: its NetBIOS and DNS names, its Windows build, its clock. Scanners report this as \
"POP3 Host Information in NTLM SSP". tightlip finds such servers, proves it, mends them safely, proves that too, and \
can take it back. Nothing on this tour leaves this machine, and nothing is kept."""

_SCANNING = """\
Each server is asked in every TLS state it has: without TLS, after STARTTLS, and on its TLS port. No password is \
sent: tightlip asks for NTLM, reads the challenge, cancels and leaves. These are the verdicts as they become known:"""

_LESSONS = (
    "TLS mends nothing: the first server names itself on its TLS port as well.",
    "Hiding mends nothing: the second one does not list NTLM and answers all the same.",
    'Refusing mends it: Dovecot after the fix is clean. "TLS first" is a refusal too, for the state without TLS.',
    'No answer is no proof: a server that says "too many connections" is inconclusive, never clean.',
)

_REPORT = """\
This is the report of the scan, shortened to one endpoint: the evidence, and what mends it. A scan with open findings \
ends with exit code 1, so that scripts notice:"""

_ENDING = """\
  tightlip scan mail.example.org  ask a server of yours, in every state it has
  tightlip scope --help           first say whose it is, and who allows it
  tightlip listen --probe         what listens on this machine, and what it says
  tightlip audit                  on a mail server: the line that causes it
  tightlip plan                   there: what would mend it; it changes nothing
  tightlip lab                    practice servers that stay, to ask yourself
  tightlip explain ntlm-discloses-host"""


def tour(*, output: Output = None) -> int:
    """Take the two-minute tour: practice servers on this machine, a scan, the report; and one of them is mended.

    Parameters
    ----------
    output
        Also write the scan's whole report here, as one HTML file.
    """
    with interruptible() as interruption, watcher(StatusForm.NONE) as watch, touring(watch, interruption) as walk:
        title("1. What this is about")
        paragraph(_BEGINNING)
        title("2. Practice servers that leak on purpose")
        for line in _stations(walk):
            print(fill(line, WIDTH, initial_indent="- ", subsequent_indent="  "))
        title("3. Scan them")
        paragraph(_SCANNING)
        entries = list(_scanned(walk))
        if interruption.asked:
            return Exit.INTERRUPTED
        _explain(walk, entries, output)
        outcome = _verdict_on_ourselves(walk, entries)
    if outcome is Exit.OK:
        outcome = mend_one()
        title("10. Go on")
        print(_ENDING, flush=True)
    return outcome


def _explain(walk: Tour, entries: list[Entry], output: str | None) -> None:
    """What was seen, and how it is reported."""
    title("4. What this shows")
    for lesson in _LESSONS:
        print(fill(lesson, WIDTH, initial_indent="- ", subsequent_indent="  "))
    title("5. Read the report")
    paragraph(_REPORT)
    telling = [entry for entry in entries if entry.assessed.assessment.verdict is Verdict.DISCLOSES]
    _show("text", walk, telling[:1], None)
    if output is not None:
        _show("html", walk, entries, output)
        say(f"The whole report: {output}")


def _stations(walk: Tour) -> Iterator[str]:
    for talk in dict.fromkeys(each.talk.claim for each in walk.served):
        station = next(each for each in walk.served if each.talk.claim == talk)
        yield f"{station.endpoint.protocol} on {station.endpoint.host}: {station.talk.summary}"


def _scanned(walk: Tour) -> Iterator[Entry]:
    """Carry the scan out; every verdict is a line at once."""
    for entry in walk.scan.entries():
        observation, assessment = entry.assessed.observation, entry.assessed.assessment
        names = next((fact.disclosure.names for fact in observation.facts if isinstance(fact, Challenge)), ())
        told = ", ".join(names) or assessment.detail or assessment.reason.replace("_", " ")
        print(f"  {assessment.verdict:<12}  {observation.endpoint}")
        print(fill(visible(told), WIDTH, initial_indent=_DEEP, subsequent_indent=_DEEP), flush=True)
        yield entry


def _show(name: str, walk: Tour, entries: list[Entry], output: str | None) -> None:
    report = Report(run=walk.scan.report().run, entries=entries, summary=walk.scan.summary)
    with results(output) as file:
        write_all(registry.pick("reports", name, ReportFormat).render(report, style_for(file)), file)


def _verdict_on_ourselves(walk: Tour, entries: list[Entry]) -> Exit:
    """The practice servers say what must be found: anything else is our fault."""
    wrong = [
        f"{entry.assessed.observation.endpoint} should be {expected}, was called {entry.assessed.assessment.verdict}"
        for entry in entries
        if entry.assessed.assessment.verdict != (expected := _expected(walk, entry))
    ]
    if wrong or len(entries) != len(walk.served):
        say("\n".join(["The tour did not find what it should have found; please report it.", *wrong]))
        return Exit.FAULT
    return Exit.OK


def _expected(walk: Tour, entry: Entry) -> str:
    return walk.expected(entry.assessed.observation.endpoint).expectation.verdict


COMMAND = Command(Stage.FIND, tour)
