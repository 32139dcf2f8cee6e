"""Logins have to wait for TLS, and TLS cannot come up.

Flags:
    A service that demands TLS before a login, has TLS ports only, or takes no password without TLS and has nothing
    else that clients of today log in by, while TLS is switched off, no certificate is set where one has to be, or
    the certificate's file was looked for and could not be used. A copied tree without
    its certificates is not flagged: nobody knows what stands on the host. Neither is a service on loopback beside
    others that are reached from elsewhere: there mail is handed on (a filter's way back into Postfix), and nobody
    logs in.

Why it matters:
    Nobody can log in. Products start all the same, and their own checks pass.

Mends it:
    Give the service its certificate and key and switch TLS on; demand TLS only then.

References:
    RFC 8314.
"""

from collections.abc import Iterator

from tightlip.model.endpoint import Security
from tightlip.model.finding import Evidence, Finding, Place, Remediation, RemediationKind, Severity
from tightlip.model.posture import USABLE, Certificate, Posture, Service
from tightlip.rules._rule import RFC_8314, Rule, Written
from tightlip.rules._settings import is_inner

_BRING_TLS_UP = Remediation(
    RemediationKind.ADVISE, "Give the service a certificate and its key, switch TLS on, and only then demand it."
)


def written(posture: Posture) -> Iterator[Written]:
    """Services that let nobody in without TLS, and what keeps TLS from coming up."""
    for service in posture.services:
        needs = _needs_tls_first(service) or _withholds_passwords(service)
        if needs and not is_inner(service, posture) and (lack := _lack(service, posture.certificates)):
            what, cause = lack
            demands = tuple(_demands(service))
            yield Written(
                setting=cause.setting,
                summary=f"{'logins' if _needs_tls_first(service) else 'passwords'} need TLS, and {what}",
                places=tuple(dict.fromkeys((cause, *demands))),
                remediations=(_BRING_TLS_UP,),
                service=service,
                proof=tuple(_evidence(posture.certificates, service)),
            )


def _needs_tls_first(service: Service) -> bool:
    """Whether nobody logs in by anything before TLS is up."""
    states = {state for listener in service.listeners for state in listener.states}
    return service.tls.required or states == {Security.IMPLICIT}


def _withholds_passwords(service: Service) -> bool:
    """Whether all that clients of today log in by is listed, and kept back for want of TLS."""
    usable = [offer for offer in service.offers if offer.name in USABLE]
    tls = service.tls
    waits = tls.withholds is not None and not tls.available and tls.exempts is None
    return waits and bool(usable) and not any(offer.states for offer in usable)


def _demands(service: Service) -> Iterator[Place]:
    if service.tls.required:
        yield service.tls.demand
    elif service.tls.withholds:
        yield service.tls.withholds


def _lack(service: Service, certificates: tuple[Certificate, ...]) -> tuple[str, Place] | None:
    """What is missing, and the setting that is to blame; None where TLS can come up, or nobody knows."""
    tls = service.tls
    if not tls.available and tls.place != tls.certificate_place:
        return "TLS is switched off", tls.place
    if tls.certificate_place is None:
        return None
    if tls.certificate is None:
        return "no certificate is set", tls.certificate_place
    problem = next((each.problem for each in certificates if each.path == tls.certificate), None)
    return (f"its certificate cannot be used: {problem}", tls.certificate_place) if problem else None


def _evidence(certificates: tuple[Certificate, ...], service: Service) -> Iterator[Evidence]:
    for each in certificates:
        if each.problem and each.path == service.tls.certificate:
            yield Evidence(file=each.path, text=each.problem)


def leaves_open(finding: Finding, posture: Posture) -> bool:
    """Whether a certificate that could not be used is not there to be looked at again, and logins wait for it still."""
    is_of_a_file = any(each.file and each.line is None for each in finding.evidence)
    seen = {each.path for each in posture.certificates}
    waiting = (each.tls for each in posture.services if _needs_tls_first(each) or _withholds_passwords(each))
    return is_of_a_file and any(tls.certificate is not None and tls.certificate not in seen for tls in waiting)


RULE = Rule(written=written, leaves_open=leaves_open, severity=Severity.HIGH, references=(RFC_8314,))
