"""How the closed vocabularies (verdicts, reasons, states, oddities) are said to a person, and what to do next."""

import re
from errno import errorcode

from tightlip.model.finding import Finding, FindingState, Severity
from tightlip.model.run import Unasked
from tightlip.model.verdict import Assessment, Reason, Verdict

# Worst first: the order in which hosts and verdicts are shown.
VERDICTS = (
    Verdict.DISCLOSES,
    Verdict.OFFERS,
    Verdict.INCONCLUSIVE,
    Verdict.CLEAN,
    Verdict.ABSENT,
    Verdict.UNREACHABLE,
)
SEVERITIES = (Severity.HIGH, Severity.MEDIUM, Severity.LOW, Severity.INFO)
STANDING_STATES = (FindingState.OPEN, FindingState.REGRESSED)

VERDICT_MEANS = {
    Verdict.DISCLOSES: "Whoever connects is told who the host is: a challenge carries a name, a version or a clock.",
    Verdict.OFFERS: "NTLM is accepted, but what followed named nothing.",
    Verdict.INCONCLUSIVE: "Connected, but the question was not answered. This is not a clean result.",
    Verdict.CLEAN: "NTLM is not available in this state: refused permanently, no login before TLS, or no login at all.",
    Verdict.ABSENT: "This state does not exist on the server (no STARTTLS): neither a finding nor a doubt.",
    Verdict.UNREACHABLE: "No TCP connection came about.",
}

REASON_SAYS = {
    Reason.NAMES: "The challenge names the host.",
    Reason.VERSION: "The challenge gives the Windows version away.",
    Reason.CLOCK: "The challenge gives the server's clock away.",
    Reason.EMPTY_CHALLENGE: "NTLM was accepted; the challenge names nothing.",
    Reason.UNREADABLE_CHALLENGE: "NTLM was accepted; what came is no readable challenge.",
    Reason.REFUSED_AFTER_ACCEPTING: "NTLM was accepted, then our first message was refused.",
    Reason.CLOSED_AFTER_ACCEPTING: "NTLM was accepted, then the connection was closed.",
    Reason.SILENT_AFTER_ACCEPTING: "NTLM was accepted, then nothing more came.",
    Reason.REFUSED: "NTLM was refused permanently.",
    Reason.TLS_REQUIRED: "NTLM is refused before TLS.",
    Reason.AUTHENTICATION_NOT_OFFERED: "AUTH is not offered in this state.",
    Reason.REFUSED_LIKE_UNKNOWN: "NTLM was refused like a mechanism that does not exist, and unlike one that does.",
    Reason.MUTE: "The server took the connection and said nothing.",
    Reason.OTHER_PROTOCOL: "The server speaks another protocol.",
    Reason.TURNED_AWAY: "The server turned us away before the question.",
    Reason.THROTTLED: "The server wants fewer connections.",
    Reason.REFUSED_FOR_NOW: 'The server refused "for now" only.',
    Reason.BANNED: "The server does not answer us any more.",
    Reason.REFUSAL_UNCLEAR: "NTLM was refused in words that prove nothing.",
    Reason.EVERYTHING_REFUSED: "The server refused whatever was asked alike.",
    Reason.TLS_REQUIRED_BUT_ABSENT: "The server wants TLS first, and does not offer it.",
    Reason.STARTTLS_WITHIN_TLS: "The server offers STARTTLS within TLS, and may have NTLM behind it.",
    Reason.OUT_OF_STEP: "An answer came that belongs to no question.",
    Reason.LEFT_UNASKED: "Not everything was asked: the server allows too few attempts.",
    Reason.CLOSED_EARLY: "The connection was closed before the question was answered.",
    Reason.TIMED_OUT: "The answer did not come in time.",
    Reason.TOO_LONG: "The server sent more than a reply may hold.",
    Reason.TLS_FAILED: "TLS could not be agreed on.",
    Reason.STARTTLS_REFUSED: "STARTTLS was refused, in words that do not say that there is none.",
    Reason.STOPPED_ASKING: "Not asked any more: the host had turned us away twice.",
    Reason.SCOPE_ENDED: "Not asked: the authority for this address ended during the run.",
    Reason.INTERNAL_ERROR: "tightlip failed here: a fault of ours.",
    Reason.NO_STARTTLS: "The server has no STARTTLS here.",
    Reason.CONNECTION_REFUSED: "Nothing listens on this port.",
    Reason.NO_ANSWER: "Nothing answered.",
    Reason.NO_ROUTE: "The address could not be reached.",
}

_NEXT_BY_REASON = {
    Reason.TLS_REQUIRED: "This says nothing of NTLM under TLS: see the states with TLS.",
    Reason.AUTHENTICATION_NOT_OFFERED: "This says nothing of NTLM under TLS: see the states with TLS, if any.",
    Reason.THROTTLED: "Ask again later and more slowly, or let the scanner past the ban tool.",
    Reason.TURNED_AWAY: "Ask from an address that the server serves.",
    Reason.STOPPED_ASKING: "Ask this host again later and more slowly.",
    Reason.REFUSED_FOR_NOW: "Ask again later.",
    Reason.BANNED: "Let the scanner's address past the ban tool, then ask again.",
    Reason.REFUSAL_UNCLEAR: "Look at the mechanisms in its configuration; --thorough may tell more, if this was not.",
    Reason.EVERYTHING_REFUSED: "Look at the mechanisms in its configuration: the wire does not tell.",
    Reason.TLS_REQUIRED_BUT_ABSENT: "Does something on the way take STARTTLS out? Ask from the server's own network.",
    Reason.STARTTLS_WITHIN_TLS: "Another program ends TLS here: ask the server behind it, or switch its STARTTLS off.",
    Reason.OUT_OF_STEP: "Read the transcript (scan --format html): something on the way adds or swallows lines.",
    Reason.LEFT_UNASKED: "Ask again with --thorough, or look at the mechanisms in its configuration.",
    Reason.OTHER_PROTOCOL: "Leave the scheme out, as in host:port: the protocol is then recognised from the greeting.",
    Reason.STARTTLS_REFUSED: "Look at the server's TLS settings; where it was busy, ask again.",
    Reason.TLS_FAILED: "Does this port speak TLS at all? If so, look at its TLS settings: its logins are not judged.",
    Reason.SCOPE_ENDED: "Renew the scope entry, then resume the run.",
    Reason.INTERNAL_ERROR: "Please report it with the error text.",
}

_NEXT_BY_VERDICT = {
    Verdict.DISCLOSES: "Withdraw NTLM in the server's login settings. Requiring TLS alone does not stop this.",
    Verdict.OFFERS: "Withdraw NTLM all the same: what is accepted can be relayed and guessed at.",
    Verdict.INCONCLUSIVE: "Ask again; until then this endpoint counts as unproven.",
}

STATE_MEANS = {
    FindingState.OPEN: "stands",
    FindingState.REGRESSED: "was fixed once and is back",
    FindingState.ACCEPTED: "known and accepted for a time",
    FindingState.FIXED: "proven fixed",
}

UNASKED_SAYS = {
    Unasked.OUT_OF_SCOPE: "outside the authorised scope",
    Unasked.EXCLUDED: "excluded",
    Unasked.NEVER_DIALLED: "no address that may be dialled",
    Unasked.SCOPE_ENDED: "the scope entry ended",
    Unasked.UNRESOLVED: "the name has no address",
    Unasked.UNREADABLE: "not readable as a target",
    Unasked.INTERRUPTED: "the run was interrupted",
    Unasked.NO_CONFIGURATION: "no configuration was found",
}


# What servers say of faults of their own.
_AT_FAULT = re.compile(
    r"internal|\bbroken\b|\b(?:server|system|configuration|software) (?:configuration )?(?:error|fault|problem)"
    r"|out of memory|lookup failure",
    re.IGNORECASE,
)
# The codes of RFC 3206, RFC 5530 and RFC 3463 (x.3.0 and x.3.5) for such faults. Servers put them before other words
# as well, which then hold.
_FAULT_CODE = re.compile(r"\[(?:SYS/|SERVERBUG|UNAVAILABLE)|^-?[45]\d\d[ -][45]\.3\.[05]\b", re.IGNORECASE)
_WANTS_SOMETHING = re.compile(
    r"connect|session|attempt|limit|quota|exceed|\btoo\b|\brate|throttl|busy|address|\bIPs?\b|\bhost\b|client|network"
    r"|access|denied|allowed|permi(?:ssion|tted)|reject|refus|block|\bbann?|again|later|retry|wait|second|minute|hour"
    r"|maintenance|shut",
    re.IGNORECASE,
)
_TURNING_AWAY = frozenset({Reason.TURNED_AWAY, Reason.THROTTLED, Reason.REFUSED_FOR_NOW})
_MEND_THE_SERVER = (
    "The server has a fault of its own: look for it in the server's log, and ask again once it is mended."
)
_NOT_READY = "The server is not ready: it speaks of a fault of its own."
_CLOSED_AT_ONCE = "The connection was closed before the server said a word."
_WHY_CLOSED = (
    "Look at the server's log: a fault, an access rule, a ban, or too many connections. Then ask again, more slowly."
)
# What the network says where the peer says nothing.
_WORDLESS = frozenset({None, "closed by the peer", *errorcode.values()})

# Endings without words of the peer: the detail is then our own.
_OUR_OWN_DETAILS = frozenset(
    {Reason.CLOSED_EARLY, Reason.TIMED_OUT, Reason.TLS_FAILED, Reason.MUTE, Reason.NO_ANSWER, Reason.NO_ROUTE}
)


def reason_words(assessment: Assessment) -> str:
    """Why the verdict was given, with what the peer said, or what the machine did; not yet made visible."""
    is_wordless = _is_wordless(assessment)
    said = _CLOSED_AT_ONCE if is_wordless else REASON_SAYS[assessment.reason]
    if assessment.reason is Reason.THROTTLED and _is_at_fault(assessment):
        said = _NOT_READY
    if not assessment.detail:
        return said
    lead = "Cause" if is_wordless or assessment.reason in _OUR_OWN_DETAILS else "It said"
    return f"{said} {lead}: {assessment.detail.replace('_', ' ') if lead == 'Cause' else assessment.detail}"


def next_step(assessment: Assessment) -> str | None:
    """What a person would do about this verdict; None where nothing needs doing."""
    if assessment.reason in _TURNING_AWAY and _is_at_fault(assessment):
        return _MEND_THE_SERVER
    if _is_wordless(assessment):
        return _WHY_CLOSED
    return _NEXT_BY_REASON.get(assessment.reason) or _NEXT_BY_VERDICT.get(assessment.verdict)


def _is_at_fault(assessment: Assessment) -> bool:
    """Whether the server speaks of a fault of its own; its code alone says so where its words want nothing else."""
    text = assessment.detail or ""
    if _AT_FAULT.search(text):
        return True
    code = _FAULT_CODE.search(text)
    return code is not None and not _WANTS_SOMETHING.search(text.replace(code.group(), ""))


def _is_wordless(assessment: Assessment) -> bool:
    """Whether a server is taken for busy because it closed the connection, not because it said so."""
    return assessment.reason is Reason.THROTTLED and assessment.detail in _WORDLESS


def severest(findings: tuple[tuple[Finding, FindingState], ...]) -> Severity | None:
    """The highest severity among findings that stand (open, or regressed)."""
    standing = {finding.severity for finding, state in findings if state in STANDING_STATES}
    return next((severity for severity in SEVERITIES if severity in standing), None)
