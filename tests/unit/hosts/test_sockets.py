"""Whose listening sockets a process holds: those that root or its own account has made, and nobody else's."""

import os
import socket
import subprocess

import pytest

from tightlip.hosts._sockets import listening_sockets, serves

HOLDING = "import socket, sys; s = socket.socket(fileno=int(sys.argv[1])); print('ready', flush=True); sys.stdin.read()"


def test_a_listening_socket_is_known_by_who_has_made_it() -> None:
    """Connections are none, and neither are sockets that are bound alone."""
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        found = listening_sockets()
        assert found.get(os.fstat(listening.fileno()).st_ino) == os.geteuid()
        assert os.fstat(bound.fileno()).st_ino not in found


@pytest.mark.skipif(os.geteuid() != 0, reason="root alone starts processes for others, and sees what they hold")
@pytest.mark.parametrize(("maker", "is_server"), [(0, True), (65_534, True), (65_533, False)])
def test_only_root_s_sockets_and_one_s_own_make_a_server(maker: int, is_server: bool) -> None:
    """Anybody can hand a socket of his own to a program that runs under the product's account."""
    with socket.socket() as listening:
        os.fchown(listening.fileno(), maker, -1)
        listening.bind(("127.0.0.1", 0))
        listening.listen()
        argv = ["/usr/bin/python3", "-c", HOLDING, str(listening.fileno())]
        with subprocess.Popen(
            argv, stdin=subprocess.PIPE, stdout=subprocess.PIPE, pass_fds=[listening.fileno()], user=65_534
        ) as holding:
            assert holding.stdout is not None
            assert holding.stdout.readline() == b"ready\n"
            assert serves(holding.pid, 65_534, listening_sockets()) is is_server
            holding.kill()
