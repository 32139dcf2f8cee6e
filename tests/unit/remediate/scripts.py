"""Runs a plan's script as a person would."""

import os
import shutil
import subprocess
from collections.abc import Iterable
from pathlib import Path

from tightlip.remediate.diff import Outline
from tightlip.remediate.plan import Plan
from tightlip.remediate.shell import script

REFUSED, FAILED, STUCK, USAGE = 6, 1, 3, 2


# How long a rendering waits for listeners, and how long a test does.
IMPATIENT = {
    "pause=10": "pause=2",
    "patience=45": "patience=1",
    "patience_dead=20": "patience_dead=1",
    "patience_back=90": "patience_back=1",
    "between=2": "between=0",
}


def impatient(text: str) -> str:
    """A rendering that waits for listeners no longer than a test does."""
    for patient, hasty in IMPATIENT.items():
        assert patient in text
        text = text.replace(patient, hasty)
    return text


def run(
    plan: Plan, tmp_path: Path, *arguments: str, search: str = os.environ["PATH"], outlines: Iterable[Outline] = ()
) -> subprocess.CompletedProcess[str]:
    """Run the plan's script as a person would, its backups below ``tmp_path``, its commands from ``search``."""
    file = tmp_path / "mend.sh"
    file.write_text(impatient(script(plan, outlines)), encoding="utf-8")
    return subprocess.run(
        [shutil.which("sh") or "sh", str(file), *arguments],
        env={"PATH": search, "TIGHTLIP_BACKUP": str(tmp_path / "kept")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
