"""fail2ban's filters, from its Debian package: what they would count against a client in a server's log."""

from __future__ import annotations

import re
import time
from pathlib import Path

from tests.real.servers.contract import Unavailable
from tests.real.servers.namespace import run_once
from tests.real.servers.prefix import prefix

_SECONDS = 60
# What reaches a syslog socket has a priority and no host; its file has a host and no priority. What Courier's daemons
# say has neither, and no time.
_AS_SENT = re.compile(r"^<\d+>(\w{3} [ \d]\d [\d:]{8}) ", re.MULTILINE)
_AS_SAID = re.compile(r"^(?:ERR|INFO|DEBUG): ", re.MULTILINE)


def counted(filter_name: str, log: Path, client: str) -> list[str]:
    """The lines of a log for which this filter (with its mode, `postfix[mode=auth]`) counts a failure of the client.

    Raises Unavailable.
    """
    root = prefix("fail2ban", ["fail2ban"])
    as_written = log.with_name(f"{log.name}.as-written")
    text = _AS_SENT.sub(r"\1 mailhost ", log.read_text("utf-8", "replace"))
    text = _AS_SAID.sub(time.strftime("%b %d %H:%M:%S mailhost pop3d: "), text)
    as_written.write_text(text, encoding="utf-8")
    command = ["fail2ban-regex", "-c", str(root / "etc" / "fail2ban"), "-o", "<matches>", str(as_written), filter_name]
    done = run_once(root, *command, seconds=_SECONDS)
    if done.returncode != 0:
        raise Unavailable(f"fail2ban-regex does not run: {done.stdout.strip()[-400:]}")
    return [line for line in done.stdout.splitlines() if re.search(rf"\b{re.escape(client)}\b", line)]
