"""The best TLS version a current client gets is below 1.2.

Flags:
    An endpoint whose handshake with a client that speaks TLS 1.0 to 1.3 *negotiated* a version below 1.2. A server
    that merely still tolerates old versions is not flagged.

Why it matters:
    TLS 1.0 and 1.1 are withdrawn; current clients refuse them and fall back to no TLS, or fail.

Mends it:
    Let the service negotiate TLS 1.2 and 1.3.

References:
    RFC 8996; RFC 8997.
"""

from collections.abc import Iterator

from tightlip.model.finding import Remediation, Severity
from tightlip.model.host_view import HostView
from tightlip.rules._facts import tls_state
from tightlip.rules._rule import RFC_8996, RFC_8997, Judgement, Rule, cleared, heard

_OBSOLETE = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})
_CURRENT = frozenset({"TLSv1.2", "TLSv1.3"})
_ALLOW_NEWER = Remediation("advise", "Let the service negotiate TLS 1.2 and 1.3, and no older version.")


def tls_obsolete(view: HostView) -> Iterator[Judgement]:
    """Judge every observation of the view by the condition on the page above."""
    for assessed in view.assessed:
        tls = tls_state(assessed.observation)
        if tls is None:
            continue
        if tls.version in _OBSOLETE:
            yield heard(
                "tls-obsolete",
                assessed,
                Severity.MEDIUM,
                f"negotiated {tls.version} with {tls.cipher}",
                f"{tls.version} {tls.cipher}",
                (_ALLOW_NEWER,),
                (RFC_8996, RFC_8997),
            )
        elif tls.version in _CURRENT:
            yield cleared("tls-obsolete", assessed)


RULE = Rule(tls_obsolete, Severity.MEDIUM)
