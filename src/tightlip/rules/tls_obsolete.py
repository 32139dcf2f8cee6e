"""The best TLS version a current client gets is below 1.2.

Flags:
    An endpoint whose handshake with a client that speaks TLS 1.0 to 1.3 *negotiated* a version below 1.2. A server
    that merely still tolerates old versions is not flagged, and a configuration, which says what is tolerated and
    not what is agreed on, never is.

Why it matters:
    TLS 1.0 and 1.1 are withdrawn; current clients refuse them and fall back to no TLS, or fail.

Mends it:
    Let the service negotiate TLS 1.2 and 1.3.

References:
    RFC 8996; RFC 8997.
"""

from tightlip.model.finding import Remediation, RemediationKind, Severity
from tightlip.model.host_view import Assessed
from tightlip.rules._facts import tls_state
from tightlip.rules._rule import RFC_8996, RFC_8997, Answer, Holds, Proven, Rule

_OBSOLETE = frozenset({"SSLv2", "SSLv3", "TLSv1", "TLSv1.0", "TLSv1.1"})
_CURRENT = frozenset({"TLSv1.2", "TLSv1.3"})
_ALLOW_NEWER = Remediation(RemediationKind.ADVISE, "Let the service negotiate TLS 1.2 and 1.3, and no older version.")


def condition(assessed: Assessed) -> Answer:
    """Whether the version agreed on is obsolete; a version nobody knows is neither."""
    tls = tls_state(assessed.observation)
    if tls is None:
        return None
    if tls.version in _OBSOLETE:
        return Holds(
            summary=f"negotiated {tls.version} with {tls.cipher}",
            proof=f"{tls.version} {tls.cipher}",
            remediations=(_ALLOW_NEWER,),
        )
    return Proven.NOT if tls.version in _CURRENT else None


RULE = Rule(condition=condition, severity=Severity.MEDIUM, references=(RFC_8996, RFC_8997))
