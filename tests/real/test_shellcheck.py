"""shellcheck, from its Debian package, reads the scripts that plans are rendered to, and our own."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from tests.house.tree import ROOT
from tests.real.conftest import not_run
from tests.real.servers.contract import Unavailable
from tests.real.servers.namespace import run_once
from tests.real.servers.prefix import prefix
from tests.unit.remediate.plans import a_plan, outline_of, written
from tightlip.remediate.plan import Expectation, Patch, Unmet
from tightlip.remediate.shell import script

_SECONDS = 60


def shellcheck(*files: Path) -> str:
    """What it has to say of POSIX sh."""
    try:
        root = prefix("shellcheck", ["shellcheck"])
    except Unavailable as missing:
        not_run("shellcheck", missing)
    return run_once(root, "shellcheck", "-s", "sh", *map(str, files), seconds=_SECONDS).stdout


def test_it_has_nothing_to_say_of_a_rendered_plan(tmp_path: Path) -> None:
    """With odd names and bytes in it, and listeners or none."""
    part = written(tmp_path, "a 'b\n$c.conf", patches=(Patch(0, 1, b"\0'\\%s\xff", "odd `reason`\n$(x)"),))
    file = tmp_path / "mend.sh"
    plan = a_plan(part, unmet=(Unmet(what="w", why="$y"),))
    for expected in ((), (Expectation(endpoint="smtp+starttls://$(x):25"),)):
        file.write_text(script(replace(plan, expectations=expected), [outline_of(part)]), encoding="utf-8")
        assert shellcheck(file) == ""


@pytest.mark.parametrize("name", ["check", "tightlip", "requirements/install", ".ci/run"])
def test_it_has_nothing_to_say_of_our_own(name: str) -> None:
    """Launcher, installer, check."""
    assert shellcheck(ROOT / name) == ""
