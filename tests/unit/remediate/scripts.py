"""Runs a plan's script as a person would."""

import os
import subprocess
from pathlib import Path

from tightlip.remediate.plan import Plan
from tightlip.remediate.shell import script

REFUSED, FAILED, STUCK, USAGE = 6, 1, 3, 2


def run(plan: Plan, tmp_path: Path, *arguments: str, shell: str = "sh") -> subprocess.CompletedProcess[str]:
    """Run the plan's script as a person would, its backups below ``tmp_path``."""
    file = tmp_path / "mend.sh"
    file.write_text(script(plan), encoding="utf-8")
    return subprocess.run(
        [shell, str(file), *arguments],
        env={"PATH": os.environ["PATH"], "TIGHTLIP_BACKUP": str(tmp_path / "kept")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
