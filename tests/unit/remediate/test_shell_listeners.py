"""How rendered scripts ask a listener: with each tool, in each protocol and TLS state; what counts as an answer."""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.unit.remediate.listeners import MANNERS, Health, listening
from tightlip.model.endpoint import Security, port_of, read_endpoint
from tightlip.remediate._shell_program import PARTS

ANSWERS, SILENT, CANNOT = 0, 1, 2
TLS = (Security.STARTTLS, Security.IMPLICIT)
COREUTILS = "sh rm mkfifo timeout grep sed sleep cat date id dd bash".split()

# Which tool can ask what.
ABLE = [
    *(("curl", protocol, state) for protocol in ("pop3", "imap", "smtp") for state in Security),
    *(("openssl", protocol, state) for protocol in MANNERS for state in TLS),
    *(("bash", protocol, Security.PLAIN) for protocol in MANNERS),
    *(("python3", protocol, state) for protocol in MANNERS for state in Security),
]
CARRIER = 'exec 3<>"/dev/tcp/$1/$2" 4<&0 || exit; cat <&4 >&3 & cat <&3; kill $!'


def host_with(folder: Path, *tools: str) -> Path:
    """A folder of programs: what every host has, and these."""
    programs = folder / "programs"
    programs.mkdir(exist_ok=True)
    for name in (*(each for each in COREUTILS if each != "bash"), *tools):
        found = str(Path(sys.executable).resolve()) if name == "python3" else shutil.which(name)
        if found is None:
            pytest.skip(f"there is no {name} here")
        if not (programs / name).is_symlink():
            (programs / name).symlink_to(found)
    return programs


def ask(folder: Path, endpoint: str, *tools: str, pause: int = 3) -> int:
    """What asking an endpoint comes to on a host with these tools, in a dialogue of some seconds."""
    read = read_endpoint(endpoint)
    values = f"endpoint={endpoint} protocol={read.protocol} state={read.security} host={read.host}"
    one = f"listener() {{ {values} address={port_of(endpoint)}; }}"
    parts = "\n".join(PARTS)
    course = f"plan=x; listeners=1; {one}\n{parts}\nkept={folder}; pause={pause}; number=1; trap : PIPE; ask 1"
    environment = {"PATH": str(host_with(folder, *tools))}
    return subprocess.run(
        [str(folder / "programs" / "sh"), "-eu", "-c", course], env=environment, timeout=60, check=False
    ).returncode


@pytest.mark.drawn(3)
@pytest.mark.parametrize(("tool", "protocol", "state"), ABLE)
def test_a_healthy_listener_answers(tmp_path: Path, tool: str, protocol: str, state: Security) -> None:
    """Whatever the tool."""
    with listening(tmp_path, protocol, state) as endpoint:
        assert ask(tmp_path, endpoint, tool) == ANSWERS


# Over implicit TLS ManageSieve lists everything in its greeting: it has nothing to die at.
AT_THE_NEXT_WORD = [
    each for each in ABLE if each[2] is not Security.PLAIN and each[1:] != ("managesieve", Security.IMPLICIT)
]


@pytest.mark.drawn(3)
@pytest.mark.parametrize(("tool", "protocol", "state"), AT_THE_NEXT_WORD)
def test_one_that_dies_over_tls_does_not(tmp_path: Path, tool: str, protocol: str, state: Security) -> None:
    """It has greeted, upgraded, and ends at the next word, as smtpd without a mechanism does."""
    with listening(tmp_path, protocol, state, lambda: Health.DIES_OVER_TLS) as endpoint:
        assert ask(tmp_path, endpoint, tool) == SILENT


@pytest.mark.parametrize("tool", ["curl", "bash", "python3"])
@pytest.mark.parametrize(
    "health",
    [Health.MUTE, Health.DIES_WHEN_ASKED, Health.REFUSES, Health.REFUSES_CONNECTIONS],
    ids=lambda each: each.value,
)
def test_neither_does_one_that_greets_and_no_more(tmp_path: Path, tool: str, health: Health) -> None:
    """Whatever the tool, and in bounded time."""
    with listening(tmp_path, "smtp", Security.PLAIN, lambda: health) as endpoint:
        assert ask(tmp_path, endpoint, tool) == SILENT


@pytest.mark.parametrize("tool", ["openssl", "bash", "python3"])
def test_nor_one_that_never_ends_its_line(tmp_path: Path, tool: str) -> None:
    """After 64 KiB nobody listens any more: no file grows, and the time of a dialogue is not waited for."""
    state = Security.IMPLICIT if tool == "openssl" else Security.PLAIN
    with listening(tmp_path, "imap", state, lambda: Health.FLOODS) as endpoint:
        asked = time.monotonic()
        assert ask(tmp_path, endpoint, tool, pause=20) == SILENT
        assert time.monotonic() - asked < 15
    assert [path for path in tmp_path.iterdir() if path.stat().st_size > 65_536] == []


@pytest.mark.parametrize("tool", ["curl", "openssl", "bash", "python3"])
def test_nor_a_port_that_is_closed(tmp_path: Path, tool: str) -> None:
    """Whatever the tool."""
    state = Security.IMPLICIT if tool == "openssl" else Security.PLAIN
    with listening(tmp_path, "imap", state) as endpoint:
        pass
    assert ask(tmp_path, endpoint, tool) == SILENT


def test_nc_carries_bytes_in_clear(tmp_path: Path) -> None:
    """Its arguments are a host and a port; the stand-in is all that is had everywhere."""
    with listening(tmp_path, "nntp", Security.PLAIN) as endpoint:
        programs = host_with(tmp_path)
        (programs / "nc").write_text(f"#!{shutil.which('bash')}\n{CARRIER}\n", encoding="utf-8")
        (programs / "nc").chmod(0o755)
        assert ask(tmp_path, endpoint) == ANSWERS


@pytest.mark.parametrize(
    ("tools", "endpoint"),
    [
        ("", "smtp://127.0.0.1:25"),
        ("bash", "smtps://127.0.0.1:465"),
        ("openssl", "pop3://127.0.0.1:110"),
        ("curl", "managesieve://127.0.0.1:4190"),
    ],
)
def test_what_no_tool_can_ask_is_not_asked(tmp_path: Path, tools: str, endpoint: str) -> None:
    """Which is another thing than silence."""
    assert ask(tmp_path, endpoint, *tools.split()) == CANNOT
