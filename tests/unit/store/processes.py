"""Starts the writer as a process of its own."""

import os
import subprocess
import sys
from pathlib import Path

_ROOT = Path(__file__).parents[3]


def start_writer(url: str, *numbers: int) -> subprocess.Popen[str]:
    """A running writer; its stdout tells watermarks, a line each."""
    environ = os.environ | {"PYTHONPATH": os.pathsep.join([str(_ROOT), str(_ROOT / "src")])}
    command = [sys.executable, "-m", "tests.unit.store.writer", url, *map(str, numbers)]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, env=environ, stdout=pipe, stderr=pipe, text=True)
