"""Postfix' services behind a proxy: smtpd or postscreen expects a PROXY header, and takes it from any client."""

from collections.abc import Iterator

from tightlip.model.posture import FromLoopback, Note, NoteKind, ProxyHeader
from tightlip.products._postfix.services import SmtpService
from tightlip.products._postfix.settings import Setting

# The only protocol that there is; the name is compared letter by letter.
_HAPROXY = "haproxy"


def proxy_header(service: SmtpService) -> ProxyHeader | None:
    """What the entry with the socket is set to; None where it greets every client without a header."""
    setting = _setting(service)
    if setting.doubt:
        return ProxyHeader(place=setting.place, from_loopback=FromLoopback.UNKNOWN)
    if setting.value != _HAPROXY:
        return None
    return ProxyHeader(place=setting.place, from_loopback=FromLoopback.TRUSTED)


def proxy_notes(service: SmtpService) -> Iterator[Note]:
    """A doubt where the setting could not be worked out, or stops the daemon."""
    setting, why = _setting(service), ""
    if setting.doubt:
        why = f"{setting.name} depends on {setting.doubt}, which was not worked out"
    elif setting.value not in ("", _HAPROXY):
        why = f"{service.daemon} does not start with {setting.name} = {setting.value}: it must be empty or {_HAPROXY}"
    if why:
        yield Note(kind=NoteKind.DOUBT, text=why, file=setting.place.file, line=setting.place.line)


def _setting(service: SmtpService) -> Setting:
    """That of the daemon that clients reach; smtpd behind postscreen is handed the addresses, whatever it is set to."""
    return service.config.of_service(service.front_number, f"{service.daemon}_upstream_proxy_protocol")
