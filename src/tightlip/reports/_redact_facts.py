"""Redaction of what was heard: facts, challenges and the transcript, each built anew from harmless parts."""

import errno
import re
from functools import partial

from tightlip.model.disclosure import Disclosure
from tightlip.model.facts import (
    Acceptance,
    Banner,
    Challenge,
    Control,
    ControlAnswer,
    ErrorLimit,
    Fact,
    Kerberos,
    LeftUnasked,
    LoginAnswer,
    LoginCommand,
    Mechanisms,
    OtherProtocol,
    PasswordRefused,
    PasswordWanted,
    Refusal,
    TlsOffer,
    TlsState,
    Unanswered,
    Upgrade,
)
from tightlip.model.observation import Ending, Line, Speaker
from tightlip.model.oddity import Oddity
from tightlip.model.verdict import Reason
from tightlip.ntlm.builds import products_of
from tightlip.reports._commands import command_of
from tightlip.reports._pseudonyms import Pseudonyms
from tightlip.talk.probes import INVENTED_COMMAND, INVENTED_MECHANISM

REMOVED = "[removed]"

# The mechanisms that IANA registers or mail servers are known to list; other words could be a host's name.
_MECHANISMS = frozenset(
    """ANONYMOUS CRAM-MD5 DIGEST-MD5 ECDH-X25519-CHALLENGE ECDSA-NIST256P-CHALLENGE EXTERNAL GSS-SPNEGO GSSAPI
    KERBEROS_V4 KERBEROS_V5 LOGIN MSN NMAS-SAMBA-AUTH NMAS_AUTH NMAS_LOGIN NTLM OAUTH10A OAUTHBEARER OPENID20 OTP PLAIN
    SAML20 SCRAM-SHA-1 SCRAM-SHA-1-PLUS SCRAM-SHA-256 SCRAM-SHA-256-PLUS SCRAM-SHA-512 SCRAM-SHA-512-PLUS SECURID SKEY
    SPNEGO SPNEGO-PLUS SXOVER-PLUS USER XOAUTH XOAUTH2 X-EXPS""".split()
)
_ASKED_OF_ALL = frozenset({"", INVENTED_COMMAND, INVENTED_MECHANISM, "NOOP", "DATE", "QUIT", *Control})
_CAUSES = frozenset({*Ending, *Reason, *errno.errorcode.values()})
_TLS_CAUSE = re.compile(
    r"(sslv3|tlsv1|tlsv13)_alert_[a-z_]+|wrong_version_number|unsupported_protocol|no_shared_cipher|no_protocols_available"
    r"|(dh|ee|ca)_key_too_small|unexpected_eof_while_reading|http_request|record_layer_failure|internal_error"
)
_TLS_VERSION = re.compile(r"(TLS|SSL)v[0-9](\.[0-9])?")
_CIPHER = re.compile(r"[A-Z0-9]+([-_][A-Z0-9]+)*")
_BUILD = re.compile(r"([0-9]{1,3})\.([0-9]{1,3})\.([0-9]{1,5})")

# What may stay of a line: how the server answered, what we asked; never the words that follow.
_STATUS = re.compile(rb"\+OK|-ERR|\+|[1-5][0-9]{2}|\* (OK|NO|BAD|BYE|PREAUTH)|OK|NO|BAD")
_ASKED = re.compile(r'"?(NTLM|GSS-SPNEGO|PLAIN)"?|\*')
_TAGGED = re.compile(rb"[A-Za-z]?[0-9]{1,4} ")


def redacted_fact(names: Pseudonyms, fact: Fact) -> Fact:
    """The fact without what it names."""
    match fact:
        case Banner():
            return Banner(REMOVED)
        case OtherProtocol():
            return OtherProtocol(REMOVED)
        case Unanswered(via=via, cause=cause):
            return Unanswered(via, redacted_cause(cause) or REMOVED)
        case Mechanisms(names=listed, via=via):
            return Mechanisms(tuple(map(_known, listed)), via)
        case LoginCommand(name=name):
            return LoginCommand(_known(name))
        case Upgrade(offered=offered, accepted=accepted):
            return Upgrade(offered, accepted)
        case Acceptance():
            return fact
        case Challenge():
            return _challenge(names, fact)
        case TlsOffer() | ErrorLimit():
            return fact
        case Refusal(asked=asked, standing=standing, via=via, mechanism=mechanism, opening=opening):
            return Refusal(asked, standing, REMOVED, via, _known(mechanism), opening)
        case ControlAnswer(control=control, sent=sent, taken=taken):
            return ControlAnswer(control, _known(sent), taken, REMOVED)
        case Kerberos(via=via):
            return Kerberos(via, REMOVED)
        case LeftUnasked(via=via, what=what):
            return LeftUnasked(via, _known(what))
        case PasswordWanted():
            return fact
        case PasswordRefused(by=by, standing=standing):
            return PasswordRefused(by, standing, REMOVED)
        case LoginAnswer(by=by, taken=taken):
            return LoginAnswer(by, taken, REMOVED)
        case TlsState():
            return _tls(names, fact)
        case Oddity(name=name, offset=offset):
            return Oddity(name, offset=offset)


def _known(name: str) -> str:
    """A mechanism, or what we ask to learn what a refusal means; another word could name the host."""
    return name if name.upper() in _MECHANISMS or name in _ASKED_OF_ALL else REMOVED


def redacted_cause(cause: str | None) -> str | None:
    """The machine's own word for what went wrong, where it is one of those known."""
    if cause is None or cause in _CAUSES or _TLS_CAUSE.fullmatch(cause):
        return cause
    return REMOVED


def redacted_line(line: Line) -> Line:
    """How a line began, as far as that is protocol."""
    match line.speaker:
        case Speaker.SERVER:
            begun = _TAGGED.match(line.data)
            status = _STATUS.match(line.data, begun.end() if begun else 0) or _STATUS.match(line.data)
            return Line(line.speaker, _removed_after(status[0] if status else b""))
        case Speaker.CLIENT:
            return Line(line.speaker, _command(line.data))
        case Speaker.NOTE:
            return Line(line.speaker, _removed_after(b""))


def _command(line: bytes) -> bytes:
    """The verb, and the mechanism where it was asked for."""
    command = command_of(line.decode("ascii", "replace"))
    if command is None:
        return _removed_after(b"")
    asked = f" {command.rest}" if _ASKED.fullmatch(command.rest) else ""
    return f"{command.verb}{asked}".encode()


def _challenge(names: Pseudonyms, challenge: Challenge) -> Challenge:
    return Challenge(
        challenge.via,
        b"",
        _disclosure(names, challenge.disclosure),
        challenge.implementation,
        "",
        tuple(Oddity(oddity.name, offset=oddity.offset) for oddity in challenge.oddities),
    )


def _disclosure(names: Pseudonyms, told: Disclosure) -> Disclosure:
    perhaps = names.perhaps
    build = _BUILD.fullmatch(told.product_version or "")
    return Disclosure(
        perhaps("target", told.target_name),
        perhaps("computer", told.netbios_computer_name),
        perhaps("domain", told.netbios_domain_name),
        perhaps("host", told.dns_computer_name),
        perhaps("domain", told.dns_domain_name),
        perhaps("forest", told.dns_tree_name),
        build[0] if build else told.product_version and REMOVED,
        products_of(int(build[1]), int(build[2]), int(build[3])) if build else None,
        told.system_time,
        perhaps("service", told.service_name),
    )


def _tls(names: Pseudonyms, tls: TlsState) -> TlsState:
    """To the day: the very second of an expiry finds the certificate in public logs."""
    return TlsState(
        tls.version if _TLS_VERSION.fullmatch(tls.version) else REMOVED,
        tls.cipher if _CIPHER.fullmatch(tls.cipher) else REMOVED,
        tuple(map(partial(names.of, "host"), tls.subject_names)),
        names.perhaps("issuer", tls.issuer),
        tls.not_after and tls.not_after.replace(hour=0, minute=0, second=0, microsecond=0),
        tls.self_signed,
        tls.name_matches,
    )


def _removed_after(kept: bytes) -> bytes:
    return b"%s %s" % (kept, REMOVED.encode()) if kept else REMOVED.encode()
