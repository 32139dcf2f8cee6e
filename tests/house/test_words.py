"""No tracked file names the machine it was written on, a package index, or the workshop's own affairs."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.house.tree import ROOT

# Each word is broken in two here, so that this file does not hold what it forbids.
FORBIDDEN = re.compile(
    "|".join(
        head + tail
        for head, tail in [
            (r"(?<![\w.~-])/wo", r"rk/"),
            (r"(?<![\w.~-])/ro", r"ot\b"),
            (r"(?<![\w.~-])/home/", r"\w+/\."),
            (r"/opt/", r"(?:pypi|wheels)"),
            (r"\.\./sha", r"red\b"),
            (r"\.lib", r"rary\b"),
            (r"farm-", r"bench"),
            (r"\bhelper ", r"agent"),
            (r"\bissue ", r"#?2\b"),
            (r"\bpy", r"pi\.org"),
            (r"python", r"hosted\."),
            (r"\b(?:deb|security|ftp[\w.]*)\.debi", r"an\.org"),
            (r"registry\.npm", r"js"),
            (r"crat", r"es\.io"),
            (r"proxy\.go", r"lang"),
        ]
    ),
    re.IGNORECASE,
)

SAMPLES = [
    ("see /wo", "rk/main"),
    ("HOME=/ro", "ot"),
    ("https://py", "pi.org/x"),
    ("files.python", "hosted.org"),
    ("cat ../sha", "red/x"),
    ("as issue ", "#2 says"),
    ("http://deb.debi", "an.org/debian"),
]
INNOCENT = ["chroot /srv", "networks/x/", "a/work/b", "www.debian.org/doc", "issue 25", "tests/root.py"]


def test_no_tracked_file_holds_a_forbidden_word() -> None:
    """Every line of every file that git keeps is free of them."""
    assert list(offences(kept_files(), ROOT)) == []


@pytest.mark.parametrize("text", ["".join(pair) for pair in SAMPLES])
def test_a_forbidden_word_is_noticed(tmp_path: Path, text: str) -> None:
    """A file with one such line is named with the line's number."""
    (tmp_path / "page.md").write_text(f"fine\n{text}\n")
    assert [offence.split(": ")[0] for offence in offences(["page.md"], tmp_path)] == ["page.md:2"]


@pytest.mark.parametrize("text", INNOCENT)
def test_an_innocent_line_passes(tmp_path: Path, text: str) -> None:
    """A line that only resembles one is left alone."""
    (tmp_path / "page.md").write_text(text)
    assert list(offences(["page.md"], tmp_path)) == []


def kept_files() -> list[str]:
    """List what git keeps or would keep: tracked, and new but not ignored."""
    command = ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    listing = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if listing.returncode != 0:
        pytest.skip("not a git checkout: no list of kept files")
    return sorted(set(filter(None, listing.stdout.split("\0"))))


def offences(paths: list[str], root: Path) -> Iterator[str]:
    """Yield `path:line: word` for each forbidden word in the text files among `paths`."""
    for path in paths:
        if not (root / path).is_file():
            continue
        text = (root / path).read_bytes().decode("utf-8", "replace")
        for number, line in enumerate(text.splitlines(), 1):
            if found := FORBIDDEN.search(line):
                yield f"{path}:{number}: {found.group()}"
