"""Postfix' SMTP services: the entries of master.cf that speak SMTP to clients, their sockets, TLS and logins."""

import re
from collections.abc import Iterator
from ipaddress import ip_address

from msgspec import Struct

from tightlip.model.endpoint import Security
from tightlip.model.finding import Place
from tightlip.model.posture import Listener, ProxyHeader, Tls
from tightlip.products._postfix.settings import Config, Setting, words_of
from tightlip.syntax.reading import Entry

PORTS = {"smtp": 25, "submission": 587, "submissions": 465, "smtps": 465, "ssmtp": 465, "urd": 465}
PUBLIC_MX = 25
SUBMISSION = 587
MOST_INTERFACES = 200
DISCARDED, DISCARDED_FOR = "smtpd_discard_ehlo_keywords", "smtpd_discard_ehlo_keyword_address_maps"

CERTIFICATES = ("smtpd_tls_chain_files", "smtpd_tls_cert_file", "smtpd_tls_eccert_file", "smtpd_tls_dcert_file")
CLIENT_CERTIFICATE = "smtpd_tls_req_ccert"
_NO_CERTIFICATE = "none"
_VERSIONS = ("SSLv2", "SSLv3", "TLSv1", "TLSv1.1", "TLSv1.2", "TLSv1.3")
_LOOPBACK = {"ipv6": "::1"}
_SWITCHED_ON = ("may", "encrypt")


class SmtpService(Struct, frozen=True, kw_only=True):
    """One entry that clients reach.

    ``front`` is the entry with the socket, ``front_number`` its number, ``number`` that of the smtpd behind it, which
    holds the -o that matter; with postscreen before it the two differ.
    """

    config: Config
    front: Entry
    front_number: int
    number: int
    entry: Entry

    @property
    def daemon(self) -> str:
        """What clients reach: smtpd itself, or postscreen."""
        return "smtpd" if self.front_number == self.number else "postscreen"

    @property
    def name(self) -> str:
        """As postconf calls it: ``submission/inet``."""
        return self.front.name

    def get(self, name: str) -> Setting:
        """The setting that takes effect here."""
        return self.config.of_service(self.number, name)

    @property
    def port(self) -> int | None:
        """The port it listens on; None where its name is of no known service."""
        return _socket(self.front)[1]

    @property
    def takes_logins(self) -> bool:
        """Whether AUTH is switched on, and not among what EHLO keeps to itself: then it is refused, after HELO too."""
        is_discarded = self.discards_auth and not self.get(DISCARDED_FOR).value
        return self.get("smtpd_sasl_auth_enable").is_yes and not is_discarded

    @property
    def discards_auth(self) -> bool:
        """Whether clients are told nothing of AUTH, and refused it, where a table does not say otherwise of them."""
        return "auth" in words_of(self.get(DISCARDED))

    @property
    def is_inner(self) -> bool:
        """Whether this machine alone reaches it."""
        address, _ = _socket(self.front)
        return all(map(_is_loopback, [address] if address else _interfaces(self.config)))

    @property
    def is_wrapped(self) -> bool:
        """Whether TLS comes before the first byte."""
        return self.get("smtpd_tls_wrappermode").is_yes


def smtp_services(config: Config) -> Iterator[SmtpService]:
    """Every entry of type inet that runs smtpd, or postscreen in front of one, and that is not disabled."""
    protocols = config.globally("inet_protocols")
    if not protocols.value and not protocols.doubt:
        return  # master disables all of type inet
    by_name = {each[1].name: each for each in reversed(config.services)}
    for number, entry in config.services:
        command = entry.value.split()[-1:]
        if not entry.name.endswith("/inet") or _is_disabled(config, entry):
            continue
        if command == ["smtpd"]:
            yield SmtpService(config=config, front=entry, front_number=number, number=number, entry=entry)
        elif command == ["postscreen"]:
            wanted = f"{config.of_service(number, 'smtpd_service_name').value}/pass"
            behind = by_name.get(wanted)
            if behind:
                yield SmtpService(config=config, front=entry, front_number=number, number=behind[0], entry=behind[1])


def listeners(service: SmtpService, tls: Tls, proxy_header: ProxyHeader | None) -> tuple[Listener, ...]:
    """Its sockets with the TLS states each has; none where the port is not known."""
    address, port = _socket(service.front)
    master = service.config.master
    if port is None or master is None:
        return ()
    if service.is_wrapped:
        states: tuple[Security, ...] = (Security.IMPLICIT,)
    else:
        states = (Security.PLAIN, Security.STARTTLS) if tls.available else (Security.PLAIN,)
    place = Place(master.path, service.front.line, service.front.name, service.front.value)
    return tuple(
        Listener(address=each, port=port, states=states, place=place, proxy_header=proxy_header)
        for each in ([address] if address else _interfaces(service.config))
    )


def tls_of(service: SmtpService) -> Tls:
    """Whether TLS can come up, and whether a login has to wait for it."""
    wrapper, auth_only = service.get("smtpd_tls_wrappermode"), service.get("smtpd_tls_auth_only")
    switch, is_on, is_enforced = switched(service)
    certificate, where = certificate_of(service)
    files = _listed(service.get(CERTIFICATES[0]))
    lacking = where if certificate is None else None
    demand = switch if is_enforced else auth_only
    if wrapper.is_yes:
        switch = demand = wrapper
    oldest, oldest_place = _oldest(service, is_mandatory=is_enforced or wrapper.is_yes)
    return Tls(
        available=(is_on or wrapper.is_yes) and not lacking,
        place=lacking if lacking and (is_on or wrapper.is_yes) else switch.place,
        required=wrapper.is_yes or is_enforced or auth_only.is_yes,
        demand=demand.place,
        certificate=certificate,
        certificate_place=where,
        chain=files if certificate in files else (),
        oldest=oldest,
        oldest_place=oldest_place,
    )


def switched(service: SmtpService) -> tuple[Setting, bool, bool]:
    """The setting that switches STARTTLS, whether it is on, and whether everybody has to use it.

    The level wins; only where it is empty do the settings from before Postfix 2.3 count.
    """
    level = service.get("smtpd_tls_security_level")
    if level.value:
        return level, level.value.lower() in _SWITCHED_ON, level.value.lower() == "encrypt"
    enforce, use = service.get("smtpd_enforce_tls"), service.get("smtpd_use_tls")
    switch = enforce if enforce.is_yes else use if use.is_yes else level
    return switch, enforce.is_yes or use.is_yes, enforce.is_yes


def demands_certificate(service: SmtpService) -> bool:
    """Whether nobody gets beyond the handshake who shows no trusted certificate; where TLS is demanded it is heeded."""
    _, _, is_enforced = switched(service)
    return service.get(CLIENT_CERTIFICATE).is_yes and (is_enforced or service.is_wrapped)


def certificate_of(service: SmtpService) -> tuple[str | None, Place | None]:
    """The certificate's file and the setting that names it; of several the first that is set.

    Where it is set and its path could not be worked out, neither is given: whether it is good is not known. Nor is it
    where there is none on purpose, and TLS comes up without (``smtpd_tls_cert_file = none``, postconf(5)).
    """
    for name in CERTIFICATES:
        setting = service.get(name)
        files = _listed(setting)
        if files and setting.doubt:
            return None, None
        if files and tuple(map(str.lower, files)) != (_NO_CERTIFICATE,):
            # By its name, until somebody looks into the files: keys and certificates stand in either.
            return next((file for file in files if "key" not in file.rpartition("/")[2]), files[-1]), setting.place
    setting = service.get("smtpd_tls_cert_file")
    return None, None if setting.value.lower() == _NO_CERTIFICATE else setting.place


def _listed(setting: Setting) -> tuple[str, ...]:
    """The files of a list."""
    return tuple(setting.value.replace(",", " ").split())


def login_states(service: SmtpService, tls: Tls) -> tuple[Security, ...]:
    """The TLS states in which AUTH is announced and taken."""
    if not service.takes_logins:
        return ()
    if service.is_wrapped:
        return (Security.IMPLICIT,) if tls.available else ()
    clear = () if tls.required else (Security.PLAIN,)
    return (*clear, Security.STARTTLS) if tls.available else clear


def _is_disabled(config: Config, entry: Entry) -> bool:
    """Whether main.cf takes the entry away, as it does in an instance that postmulti has just made.

    A match list: the first pattern decides. A table, and what might be one, disables nothing.
    """
    setting = config.globally("master_service_disable")
    for pattern in setting.value.replace(",", " ").split() if not setting.doubt else ():
        name = pattern.lstrip("!")
        if name.startswith("/") or ":" in name.rpartition("/")[0].strip("[]0123456789.:"):
            return False
        if name in ("inet", entry.name):
            return (len(pattern) - len(name)) % 2 == 0
    return False


def _socket(entry: Entry) -> tuple[str, int | None]:
    """The address ("" for all) and port of ``smtp``, ``10025``, ``127.0.0.1:10025`` or ``[::1]:smtp``."""
    host, _, port = entry.name.removesuffix("/inet").rpartition(":")
    number = int(port) if port.isascii() and port.isdigit() and len(port) < 6 else PORTS.get(port)
    return host.strip("[]"), number if number and number < 65_536 else None


def _is_loopback(address: str) -> bool:
    try:
        return address == "localhost" or ip_address(address).is_loopback
    except ValueError:
        return False


def _interfaces(config: Config) -> list[str]:
    """The addresses of an entry that names none."""
    names = config.globally("inet_interfaces").value.replace(",", " ").split()
    protocols = config.globally("inet_protocols").value
    if names == ["loopback-only"]:
        return [_LOOPBACK.get(protocols, "127.0.0.1")]
    if not names or "all" in names or any("$" in name for name in names):
        return ["::" if protocols == "ipv6" else ""]
    return [name.strip("[]") for name in names[:MOST_INTERFACES]]


def _oldest(service: SmtpService, *, is_mandatory: bool) -> tuple[str | None, Place]:
    """The oldest TLS version that a setting of ours allows, None where that is left to the library."""
    setting = service.get("smtpd_tls_mandatory_protocols" if is_mandatory else "smtpd_tls_protocols")
    words = [word for word in re.split(r"[\s,:]+", setting.value) if word]
    known = {version.lower(): version for version in _VERSIONS}
    from_on = [known[word[2:].lower()] for word in words if word.startswith(">=") and word[2:].lower() in known]
    only = [known[word.lower()] for word in words if word.lower() in known]
    excluded = {known[word[1:].lower()] for word in words if word[:1] == "!" and word[1:].lower() in known}
    if from_on:
        return from_on[-1], setting.place
    left = [version for version in only or (_VERSIONS if excluded else ()) if version not in excluded]
    return min(left, key=_VERSIONS.index, default=None), setting.place
