"""The bench's surroundings: the compiled C programs, a private network, and a description of this machine."""

import ctypes
import fcntl
import os
import platform
import resource
import shutil
import socket
import struct
import subprocess
from pathlib import Path

from measure import BenchError

HERE = Path(__file__).resolve().parent
CLONE_NEWUSER = 0x10000000
CLONE_NEWNET = 0x40000000
SIOCSIFFLAGS = 0x8914
IFF_UP = 0x1
BACKLOG = 65535
# The whole of what a fresh network is told: queues that hold a sweep's first burst of connections.
SETTINGS = {"net/core/somaxconn": BACKLOG, "net/ipv4/tcp_max_syn_backlog": BACKLOG}


def build(work: Path) -> None:
    """Compile floor.c and responder.c into the work folder; the responder speaks TLS where OpenSSL allows."""
    if shutil.which("gcc") is None:
        raise BenchError("gcc is missing (Debian: apt-get install gcc libc6-dev)")
    flags = ["gcc", "-O2", "-Wall", "-Wextra", "-std=gnu11"]
    _compile([*flags, str(HERE / "floor.c"), "-o", str(work / "floor")])
    responder = [*flags, str(HERE / "responder.c"), "-o", str(work / "responder")]
    if speaks_tls():
        responder += ["-DWITH_TLS", "-lssl", "-lcrypto"]
        _make_certificate(work / "certificate.pem")
    _compile(responder)


def speaks_tls() -> bool:
    """Tell whether the responder can be built with TLS (Debian: libssl-dev, openssl)."""
    probe = subprocess.run(
        ["gcc", "-E", "-xc", "-"], input=b"#include <openssl/ssl.h>", capture_output=True, check=False
    )
    return probe.returncode == 0 and shutil.which("openssl") is not None


def enter_private_network() -> None:
    """Move this process into a network namespace of its own in which only loopback is up."""
    user, group = os.getuid(), os.getgid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET if user == 0 else CLONE_NEWNET | CLONE_NEWUSER):
        raise BenchError(f"no network namespace: {os.strerror(ctypes.get_errno())} (run as root)")
    if user:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"0 {user} 1")
        Path("/proc/self/gid_map").write_text(f"0 {group} 1")
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))
    for name, value in SETTINGS.items():
        Path("/proc/sys", name).write_text(str(value))


def describe() -> list[str]:
    """Return what the figures depend on: processor, kernel, Python, compiler, descriptors."""
    cpuinfo = Path("/proc/cpuinfo").read_text().splitlines()
    model = next((line.split(":", 1)[1].strip() for line in cpuinfo if line.startswith("model name")), "unknown")
    virtual = any(line.startswith("flags") and " hypervisor" in line for line in cpuinfo)
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    kernel = ".".join(platform.release().split(".")[:2])
    return [
        f"{model}, {os.cpu_count()} cores{' (virtual machine)' if virtual else ''}, {memory:.0f} GiB",
        f"Linux {kernel}, Python {platform.python_version()}, {_first_line(['gcc', '--version'])}",
        f"{_first_line(['nmap', '--version'])}, {resource.getrlimit(resource.RLIMIT_NOFILE)[1]} descriptors at most",
    ]


def _compile(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BenchError(f"gcc failed:\n{done.stderr}")


def _make_certificate(path: Path) -> None:
    key = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-keyout", str(path)]
    name = ["-subj", "/CN=mail01.contoso.example", "-days", "30", "-out", f"{path}.crt"]
    subprocess.run(["openssl", "req", "-x509", *key, *name], capture_output=True, check=True)
    with path.open("a") as both:
        both.write(Path(f"{path}.crt").read_text())


def _first_line(command: list[str]) -> str:
    if shutil.which(command[0]) is None:
        return f"no {command[0]}"
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]
