"""Plans for tests: files in a temporary tree, splices in them, and commands that write down that they were run."""

import shlex
from collections.abc import Sequence
from pathlib import Path

from msgspec import Struct

from tightlip.products._product import Command, FileEdit, Hunk, Instance
from tightlip.remediate.diff import Outline, outline
from tightlip.remediate.plan import Patch, Plan, PlannedFile, ProductPlan, ReloadCommand, Unmet
from tightlip.syntax.spans import Span, Splice, apply, digest

LEAKY = b"# mail\npassword = hunter2\nauth_mechanisms = plain ntlm\nssl = yes\n"
MENDED = b"# mail\npassword = hunter2\nauth_mechanisms = plain\nssl = yes\n"
NTLM = Patch(LEAKY.index(b" ntlm"), LEAKY.index(b" ntlm") + 5, b"", "nobody needs NTLM")


class Part(Struct, frozen=True, kw_only=True):
    """One file: where it is, its text before, and what is done to it."""

    path: Path
    text: bytes = LEAKY
    patches: tuple[Patch, ...] = (NTLM,)

    @property
    def after(self) -> bytes:
        """The text afterwards, by the splices of ``syntax``."""
        return apply(self.text, [Splice(Span(each.start, each.end), each.new) for each in self.patches])


def a_plan(
    *parts: Part, check: Sequence[str] = ("true",), reload: Sequence[str] = ("true",), unmet: tuple[Unmet, ...] = ()
) -> Plan:
    """A plan for one product with these files; nothing is written."""
    files = tuple(
        PlannedFile(path=str(part.path), before=digest(part.text), after=digest(part.after), patches=part.patches)
        for part in parts
    )
    product = ProductPlan(
        product="dovecot",
        instance=Instance(product="dovecot", config=str(parts[0].path) if parts else "/etc/dovecot/dovecot.conf"),
        version="2.3.19",
        files=files,
        invocations=(),
        check=(Command(tuple(check)),),
        reload=ReloadCommand(Command(tuple(reload))),
    )
    return Plan(
        schema=1,
        tool="0",
        host="mx1 (0123456789abcdef)",
        goal="withdraw-ntlm",
        remedies=(),
        findings=(),
        products=(product,),
        expectations=(),
        unmet=unmet,
    )


def outline_of(part: Part) -> Outline:
    """The outline of what is done to a file."""
    hunks = tuple(Hunk(Splice(Span(each.start, each.end), each.new), each.reason) for each in part.patches)
    edit = FileEdit(path=str(part.path), hunks=hunks, before=digest(part.text), after=digest(part.after))
    return outline(edit, part.text)


def written(
    folder: Path, name: str = "dovecot.conf", text: bytes = LEAKY, patches: tuple[Patch, ...] = (NTLM,)
) -> Part:
    """A file that is there, and its part of a plan."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text)
    return Part(path=path, text=text, patches=patches)


def noting(folder: Path, word: str, then: str = "") -> list[str]:
    """A command that adds a word to ``folder/ran``, and then does something in sh."""
    return ["sh", "-c", f"echo {word} >>{shlex.quote(str(folder / 'ran'))}; {then}"]


def ran(folder: Path) -> list[str]:
    """The words that such commands wrote, in order."""
    path = folder / "ran"
    return path.read_text().split() if path.exists() else []
