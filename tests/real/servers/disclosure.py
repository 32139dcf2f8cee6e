"""What the stand-in ntlm_auth helper discloses: installs it beside a server and tells it what to say."""

from __future__ import annotations

import json
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

# Every name Windows gives, as one host of a domain would.
DOMAIN_MEMBER: Mapping[str, Any] = {
    "target_name": "CORPLAB",
    "pairs": [
        [2, "CORPLAB"],
        [1, "POPSRV01"],
        [4, "corp.lab.test"],
        [3, "popsrv01.corp.lab.test"],
        [5, "corp.lab.test"],
    ],
    "version": [10, 0, 17763],
}


def install_helper(folder: Path) -> None:
    """Put the helper into the server's folder, telling what a member of a domain would."""
    shutil.copyfile(Path(__file__).with_name("ntlm_helper.py"), folder / "ntlm_helper.py")
    (folder / "ntlm_helper.py").chmod(0o755)
    disclose(folder, DOMAIN_MEMBER)


def disclose(folder: Path, told: Mapping[str, Any]) -> None:
    """From the next challenge on, have the helper in this folder say this (its words: ntlm_helper.py)."""
    beside = folder / "disclosure.new"
    beside.write_text(json.dumps(dict(told)), encoding="utf-8")
    beside.chmod(0o644)
    beside.replace(folder / "disclosure.json")
