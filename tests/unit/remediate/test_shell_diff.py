"""The rendered script shows the diff of the plan's page, made on the host: no text of the files is in the script."""

from collections.abc import Sequence
from pathlib import Path
from unittest.mock import patch

import pytest
from hypothesis import given

from tests.unit.remediate.plans import LEAKY, a_plan, outline_of, written
from tests.unit.remediate.scripts import run
from tests.unit.remediate.test_diff import edit_of, edited, patched
from tests.unit.syntax.test_showing import LINES, SECRET
from tightlip.remediate.diff import NO_END, Outline, OutlineLine, outline
from tightlip.remediate.plan import Patch
from tightlip.remediate.shell import script
from tightlip.syntax.spans import apply


def told(found: Outline, old: bytes, new: bytes) -> list[str]:
    """What somebody who has both texts makes of an outline."""
    lines = []
    for hunk in found.hunks:
        lines += [f"# {reason}" for reason in hunk.reasons]
        lines.append(hunk.head)
        lines += [line for each in hunk.old for line in _told("-", each, old.split(b"\n"))]
        lines += [line for each in hunk.new for line in _told("+", each, new.split(b"\n"))]
    return lines


def _told(sign: str, line: OutlineLine, texts: Sequence[bytes]) -> list[str]:
    text = texts[line.number - 1][: line.shown].decode()
    return [f"{sign}{text}{line.mask}", *([] if line.ends else [NO_END])]


@given(edited())
def test_an_outline_and_the_file_make_a_diff(made: tuple[bytes, tuple[tuple[int, int, bytes], ...]]) -> None:
    """Without context; applied as ``patch`` would, it makes the planned text."""
    text, splices = made
    edit = edit_of(text, *splices)
    after = apply(text, [hunk.splice for hunk in edit.hunks])
    with patch("tightlip.remediate.diff.shown", lambda lines, first, last: lines[first:last]):
        diff = told(outline(edit, text), text, after)
    assert patched(text.decode(), diff) == after.decode()


@pytest.mark.parametrize("line", LINES)
def test_an_outline_shows_no_secret(line: str) -> None:
    """Of a line with a secret in it, gone or come, no more is shown than the page does."""
    text = f"{line}\n".encode()
    for edit, old, new in (
        (edit_of(text, (0, len(text), b"")), text, b""),
        (edit_of(text, (0, 0, b"# x\n")), text, b"# x\n" + text),
    ):
        assert SECRET not in "\n".join(told(outline(edit, old), old, new))


def test_check_shows_the_diff(tmp_path: Path) -> None:
    """Without context, and with the reason above it."""
    part = written(tmp_path / "etc")
    heard = run(a_plan(part), tmp_path, "--check", outlines=[outline_of(part)])
    assert heard.stdout.splitlines() == [
        f"would change: {part.path}",
        f"--- {part.path}",
        f"+++ {part.path}",
        "# nobody needs NTLM",
        "@@ -3 +3 @@",
        "-auth_mechanisms = plain ntlm",
        "+auth_mechanisms = plain",
    ]


def test_secrets_and_odd_bytes_are_masked_on_the_host_too(tmp_path: Path) -> None:
    """The line that goes holds a password; a last line without a line end is told as such."""
    text = b"client_password = hunter2\nssl = yes\nclient_\x1b[2J = \xff"
    gone = Patch(0, text.index(b"ssl"), b"", "not used")
    last = Patch(text.index(b"client_\x1b"), len(text), b"", "odd")
    part = written(tmp_path / "etc", text=text, patches=(gone, last))
    heard = run(a_plan(part), tmp_path, "--check", outlines=[outline_of(part)])
    signed = [line for line in heard.stdout.splitlines() if line[0] in "-+\\"][2:]
    assert signed == ["-client_password = ‹secret›", "-‹…›", NO_END]


def test_no_text_of_the_files_is_in_the_script(tmp_path: Path) -> None:
    """Neither of the lines that change nor of those around them."""
    part = written(tmp_path / "etc")
    text = script(a_plan(part), [outline_of(part)])
    assert not any(line.decode() in text for line in LEAKY.splitlines())
