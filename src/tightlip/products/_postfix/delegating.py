"""Where Postfix' services ask Dovecot about logins: the sockets that ``smtpd_sasl_path`` may mean."""

from tightlip.model.posture import AuthSocket
from tightlip.products import _auth_sockets
from tightlip.products._gss_lists import HOST
from tightlip.products._postfix.chrooting import root_of
from tightlip.products._postfix.services import SmtpService


def asked_at(service: SmtpService) -> tuple[AuthSocket, ...]:
    """The sockets, of which one is meant; none where what is written could not be followed.

    smtpd opens it from the queue directory, and in a chroot that is its root, too. Links that lead out of a chroot are
    made for the sake of just such a path.
    """
    setting = service.get("smtpd_sasl_path")
    if setting.doubt or not setting.value:
        return ()
    kind, _, rest = setting.value.partition(":")
    if kind == "inet":
        socket = _auth_sockets.of_inet(rest)
        return (socket,) if socket else ()
    path = rest if kind == "unix" else setting.value
    outside = (_auth_sockets.of_path(path),) if path.startswith("/") else ()
    if outside and root_of(service) == HOST:
        return outside
    queue = service.config.globally("queue_directory")
    inside = () if queue.doubt else (_auth_sockets.of_path(path.lstrip("/"), queue.value),)
    return tuple(dict.fromkeys((*outside, *inside)))
