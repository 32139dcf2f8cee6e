"""The second half of the tour: one practice server is mended as a real one would be, and taken back again."""

import sys
from collections.abc import Iterator
from textwrap import fill, indent

from msgspec.structs import replace
from rich.console import RenderableType

from tightlip.cli._changes import told
from tightlip.cli._evidence import evidence_of
from tightlip.cli._output import results, say, style_for
from tightlip.cli._plan_page import page_of
from tightlip.cli._tour_words import WIDTH, paragraph, title
from tightlip.model.errors import Exit
from tightlip.model.finding import Finding
from tightlip.remediate.journal import Story
from tightlip.remediate.lifecycle import State
from tightlip.reports._escape import visible
from tightlip.reports._layout import laid_out
from tightlip.workflows.practising import Practice, practising

_IN = "  "
_RULE = "ntlm-discloses-host"

_AUDIT = """\
Now one that can be mended: a practice server (no real Dovecot) that reads a Dovecot-format file, and reads it again \
when it is reloaded. On a real server the next steps are 'tightlip audit', 'tightlip plan', 'tightlip apply' and \
'tightlip rollback'. The audit names the line that takes effect:"""

_PLAN = "The plan says what changes and why, what stays, what could break, and what will be proved:"

_APPLY = """\
Each step is written down before it begins, so that a crash at any moment can be recovered. The endpoints are asked \
before and after, and a real login over TLS has to work:"""

_PROOF = "Before and after, as it was heard:"

_BACK = """\
Whatever a change did can be taken back: the files as they were, byte for byte, reloaded, and proved as well:"""

_DONE = "The file is as it was, byte for byte, and the server names itself again."


def mend_one() -> Exit:
    """Audit, plan, apply, prove and take back on a practice server; what is not as it should be is our fault."""
    steps: list[str] = []
    with practising(steps.append) as practice:
        return _mended(practice, steps)


def _mended(practice: Practice, steps: list[str]) -> Exit:
    """``steps`` are filled as a change goes on its way; they are shown where it does not end as it should."""
    before = practice.config.read_bytes()
    title("6. Find the cause")
    paragraph(_AUDIT)
    planned = practice.plan()
    cause = next(each for each in planned.audit.findings if each.rule == _RULE)
    for line in _named(cause):
        print(fill(visible(line), WIDTH, initial_indent=_IN, subsequent_indent=_IN * 3), flush=True)
    title("7. Plan the change")
    paragraph(_PLAN)
    _show(page_of(planned, ""))
    title("8. Apply it, and prove it")
    paragraph(_APPLY)
    change, story = practice.apply(planned)
    _tell(story)
    paragraph(_PROOF)
    _show(evidence_of(change))
    title("9. Take it back")
    paragraph(_BACK)
    back = practice.rollback(change)
    _tell(back)
    if (story.state, back.state) != (State.KEPT, State.KEPT) or practice.config.read_bytes() != before:
        say("The tour did not end as it should have; please report it.")
        sys.stderr.write("".join(f"{visible(each)}\n" for each in steps) + told(story) + told(back))
        return Exit.FAULT
    paragraph(_DONE)
    return Exit.OK


def _named(finding: Finding) -> Iterator[str]:
    yield f"{finding.rule} ({finding.severity}): {finding.summary}"
    for place in finding.places:
        yield f"  {place.where}: {place.said}"


def _tell(story: Story) -> None:
    """The states of a change, and what came of it; that no practice server is tried beforehand is no news."""
    for text in (", ".join(each.words for each in story.records), told(story).splitlines()[0]):
        print(fill(text, WIDTH, initial_indent=_IN, subsequent_indent=_IN), flush=True)


def _show(content: RenderableType) -> None:
    with results(None) as file:
        style = style_for(file)
        narrower = replace(style, width=style.width - len(_IN))
        file.write(indent(laid_out(content, narrower), _IN))
