"""What smtpd accepts by its security options, and what of it EHLO announces: the filter of mechanisms."""

from collections.abc import Collection
from enum import Enum

from tightlip.model.endpoint import Security
from tightlip.products import _sasl_conf
from tightlip.products._postfix.services import SmtpService
from tightlip.products._postfix.settings import Setting, words_of

FILTER = "smtpd_sasl_mechanism_filter"


def accepted(service: SmtpService, mechanism: str, state: Security) -> bool:
    """Whether the security options of this TLS state let a mechanism through."""
    return _sasl_conf.meets(mechanism, words_of(security_options(service, state)))


def security_options(service: SmtpService, state: Security) -> Setting:
    """The security options that hold in this TLS state."""
    with_tls = service.get("smtpd_sasl_tls_security_options")
    if state is not Security.PLAIN and with_tls.is_written:
        return with_tls
    return service.get("smtpd_sasl_security_options")


class Showing(Enum):
    """What becomes of a mechanism in the list that EHLO announces."""

    SHOWN = "shown"
    HIDDEN = "hidden"
    UNKNOWN = "unknown"  # a table or file decides, which is not looked into


def shows(service: SmtpService, mechanism: str) -> Showing:
    """What the filter of Postfix 3.6 and later makes of a mechanism; what it hides is accepted all the same."""
    setting = service.get(FILTER)
    if is_before_filters(service.config.files.version):
        return Showing.SHOWN
    if setting.doubt:
        return Showing.UNKNOWN
    for pattern in words_of(setting):
        name = pattern.lstrip("!")
        if _is_table(pattern):
            return Showing.UNKNOWN
        if name == mechanism.lower() or name.startswith("static:"):
            return Showing.HIDDEN if (len(pattern) - len(name)) % 2 == 1 else Showing.SHOWN
    return Showing.HIDDEN


def hides(service: SmtpService, mechanism: str) -> bool:
    """Whether a mechanism is known to be kept out of what EHLO announces."""
    return shows(service, mechanism) is Showing.HIDDEN


def filter_doubt(service: SmtpService) -> str:
    """What the filter depends on that was not looked into: a table, a file, a variable; empty where on nothing."""
    setting = service.get(FILTER)
    if is_before_filters(service.config.files.version):
        return ""
    return setting.doubt or next(filter(_is_table, words_of(setting)), "")


def is_before_filters(version: str | None) -> bool:
    """Whether this version is known to have no mechanism filter for smtpd."""
    numbers = [int(part) for part in (version or "").split(".")[:2] if part.isascii() and part.isdigit()]
    return len(numbers) == 2 and numbers < [3, 6]


def announced(service: SmtpService, names: Collection[str], state: Security) -> list[str]:
    """Which of these mechanisms EHLO would announce in this TLS state; smtpd ends where that is none at all."""
    return [name for name in names if accepted(service, name, state) and not hides(service, name)]


def _is_table(pattern: str) -> bool:
    name = pattern.lstrip("!")
    return name.startswith("/") or (":" in name and not name.startswith("static:"))
