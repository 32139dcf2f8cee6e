"""Plays a trial in namespaces of its own, which the kernel takes away with all that is in them."""

import subprocess
import sys

import msgspec

from tightlip.hosts.local import LocalHost
from tightlip.workflows.trial.scene import Heard, NotPlayed, Scene

# The programs that it takes.
NEEDED = ("setpriv", "unshare", "mount", "ip")

# The whole dies with us, whatever ends us: the kernel kills the first process of the namespaces, and so all in them.
_APART = (
    *("setpriv", "--pdeathsig", "KILL"),
    *("unshare", "--mount", "--net", "--pid", "--fork", "--kill-child=KILL", "--mount-proc"),
)
# Above all that a seat waits for.
_DEADLINE = 90.0


def played(scene: Scene, host: LocalHost) -> Heard | NotPlayed:
    """What the endpoints of a scene said, asked from within; no longer than 90 s, and nothing of it is left."""
    try:
        done = subprocess.run(
            (*_APART, sys.executable, "-I", "-m", "tightlip.workflows.trial.seat"),
            input=msgspec.json.encode(scene),
            capture_output=True,
            timeout=_DEADLINE,
            env={"PATH": host.search, "LC_ALL": "C", "HOME": "/"},
            process_group=0,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return NotPlayed(f"the trial had not ended after {_DEADLINE:g} s")
    except OSError as error:
        return NotPlayed(f"setpriv: {error.strerror}")
    try:
        return msgspec.json.decode(done.stdout, type=Heard | NotPlayed)
    except msgspec.DecodeError:
        last = done.stderr.decode(errors="replace").strip().rpartition("\n")[2]
        return NotPlayed(last or f"the trial ended with status {done.returncode}")
