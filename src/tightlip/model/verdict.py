"""Verdicts of one endpoint state, and the closed list of reasons for them."""

from enum import StrEnum

from msgspec import Struct


class Verdict(StrEnum):
    """What can truthfully be said of ONE endpoint state."""

    DISCLOSES = "discloses"
    OFFERS = "offers"
    CLEAN = "clean"
    INCONCLUSIVE = "inconclusive"
    ABSENT = "absent"
    UNREACHABLE = "unreachable"


class Reason(StrEnum):
    """Why a verdict was given."""

    # discloses
    NAMES = "names"
    VERSION = "version"
    CLOCK = "clock"
    # offers
    EMPTY_CHALLENGE = "empty_challenge"
    UNREADABLE_CHALLENGE = "unreadable_challenge"
    REFUSED_AFTER_ACCEPTING = "refused_after_accepting"
    CLOSED_AFTER_ACCEPTING = "closed_after_accepting"
    SILENT_AFTER_ACCEPTING = "silent_after_accepting"
    # clean
    REFUSED = "refused"
    TLS_REQUIRED = "tls_required"
    AUTHENTICATION_NOT_OFFERED = "authentication_not_offered"
    REFUSED_LIKE_UNKNOWN = "refused_like_unknown"
    # inconclusive
    MUTE = "mute"
    OTHER_PROTOCOL = "other_protocol"
    TURNED_AWAY = "turned_away"
    THROTTLED = "throttled"
    REFUSED_FOR_NOW = "refused_for_now"
    BANNED = "banned"
    REFUSAL_UNCLEAR = "refusal_unclear"
    EVERYTHING_REFUSED = "everything_refused"
    TLS_REQUIRED_BUT_ABSENT = "tls_required_but_absent"
    STARTTLS_WITHIN_TLS = "starttls_within_tls"
    OUT_OF_STEP = "out_of_step"
    LEFT_UNASKED = "left_unasked"
    CLOSED_EARLY = "closed_early"
    TIMED_OUT = "timed_out"
    TOO_LONG = "too_long"
    TLS_FAILED = "tls_failed"
    STARTTLS_REFUSED = "starttls_refused"
    STOPPED_ASKING = "stopped_asking"
    SCOPE_ENDED = "scope_ended"
    INTERNAL_ERROR = "internal_error"
    # absent
    NO_STARTTLS = "no_starttls"
    # unreachable
    CONNECTION_REFUSED = "connection_refused"
    NO_ANSWER = "no_answer"
    NO_ROUTE = "no_route"


class Assessment(Struct, frozen=True, gc=False):
    """A verdict with its reason and, where the peer said something, its words, shortened."""

    verdict: Verdict
    reason: Reason
    detail: str | None = None
