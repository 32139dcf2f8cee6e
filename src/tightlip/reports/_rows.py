"""What reports for a person say of a run, a disclosure and a TLS state, as labelled rows of peer-raw text."""

from datetime import datetime, timedelta

from tightlip import __version__
from tightlip.model.counting import counted
from tightlip.model.disclosure import Disclosure
from tightlip.model.endpoint import Security
from tightlip.model.facts import (
    ControlAnswer,
    ErrorLimit,
    Kerberos,
    LeftUnasked,
    LoginCommand,
    Refusal,
    TlsState,
    Unanswered,
    Upgrade,
)
from tightlip.model.observation import Depth, Ending, Observation
from tightlip.model.oddity import Oddity
from tightlip.model.run import Authority, NotAsked, Summary, Unasked
from tightlip.reports._heard import Heard, OtherFact
from tightlip.reports._words import UNASKED_SAYS

Rows = list[tuple[str, str]]

_NOT_CONNECTED = (Ending.CONNECTION_REFUSED, Ending.UNREACHABLE)
_TARGETS_SHOWN = 20
# What was counted where it was not addresses.
_COUNTS = {Unasked.UNRESOLVED: "name", Unasked.UNREADABLE: "line", Unasked.NO_CONFIGURATION: "host"}


def moment(time: datetime | None) -> str:
    """A UTC time to the second: ``2026-12-04 09:00:00 UTC``."""
    return f"{time:%Y-%m-%d %H:%M:%S} UTC" if time else "not ended"


def disclosure_rows(disclosure: Disclosure, heard_at: datetime) -> Rows:
    """What was given away; ``heard_at`` lets the server's clock be compared with ours."""
    version = " = ".join(part for part in (disclosure.product_version, disclosure.product) if part)
    rows = [
        ("computer", _each_once(disclosure.netbios_computer_name, disclosure.dns_computer_name)),
        ("domain", _each_once(disclosure.netbios_domain_name, disclosure.dns_domain_name)),
        ("forest", disclosure.dns_tree_name or ""),
        ("target", disclosure.target_name or ""),
        ("service", disclosure.service_name or ""),
        ("version", version),
        ("clock", _clock(disclosure.system_time, heard_at)),
    ]
    return [(label, value) for label, value in rows if value]


def tls_rows(tls: TlsState) -> Rows:
    """What TLS came to, and whose certificate it was."""
    rows = [("TLS", f"{tls.version}, {tls.cipher}")]
    if tls.subject_names:
        matches = {True: "", False: " (not the name asked for)", None: ""}[tls.name_matches]
        rows.append(("certificate", ", ".join(tls.subject_names) + matches))
    if tls.issuer:
        rows.append(("issued by", tls.issuer + (" (self-signed)" if tls.self_signed else "")))
    if tls.not_after:
        rows.append(("valid until", moment(tls.not_after)))
    return rows


def conversation_rows(observation: Observation, told: Heard) -> Rows:
    """Where and when was asked, and what was said besides the challenge."""
    rows = [
        ("address", observation.address or "none: the name did not resolve"),
        ("asked from", observation.source_address or "not known"),
        ("asked at", moment(observation.time)),
        ("ended", str(observation.ending).replace("_", " ") + (f": {observation.error}" if observation.error else "")),
        ("connections", str(observation.connections)),
        ("depth", "thorough" if observation.depth is Depth.THOROUGH else ""),
        ("answers", ", ".join(f"{each.verdict} ({each.reason}) {each.times} x" for each in observation.answers)),
        ("SNI", _server_names(observation)),
        ("greeting", told.banner or ""),
        ("mechanisms", ", ".join(told.mechanisms)),
        *map(_other_row, told.others),
        *map(oddity_row, told.oddities),
    ]
    return [(label, value) for label, value in rows if value]


def _server_names(observation: Observation) -> str:
    """The names sent while TLS was agreed on; of a state with TLS it is said that none was."""
    if observation.endpoint.security is Security.PLAIN or observation.ending in _NOT_CONNECTED:
        return ""
    return ", ".join(observation.server_names) or "none sent: asked by address"


def oddity_row(oddity: Oddity) -> tuple[str, str]:
    """One oddity with its detail and offset."""
    where = f" (at byte {oddity.offset})" if oddity.offset is not None else ""
    name = str(oddity.name).replace("_", " ")
    return "odd", f"{name}: {oddity.detail}{where}" if oddity.detail else f"{name}{where}"


def run_rows(summary: Summary) -> Rows:
    """What every report states of its run: who asked, what, from where, when, and on whose authority."""
    run = summary.run
    more = len(run.targets) - _TARGETS_SHOWN
    targets = ", ".join(run.targets[:_TARGETS_SHOWN]) + (f" and {more:,} more" if more > 0 else "")
    took = f" ({_seconds(run.ended - run.started)})" if run.ended else ""
    return [
        ("tool", f"tightlip {run.version}"),
        *([("judged by", f"{run.version}; this is {__version__}")] if run.version != __version__ else []),
        ("run", f"{run.id}, seed {run.seed}"),
        *_asked_rows(summary, targets),
        ("began", moment(run.started)),
        ("ended", moment(run.ended) + took),
        *(("authority", _authority(entry)) for entry in run.scope or ()),
        *([] if run.scope else [("authority", "none was recorded")]),
    ]


def _asked_rows(summary: Summary, targets: str) -> Rows:
    """What was asked and from where; where nothing was dialled, only what was given."""
    if not summary.endpoints:
        return [("targets", targets)]
    source = summary.run.source
    return [("asked", targets), ("from", "an address the system chose" if source == "auto" else source)]


def not_asked_rows(summary: Summary) -> Rows:
    """What was not asked, and why; never empty."""
    rows = [(_unasked(each), _why_not(each)) for each in summary.not_asked]
    return rows or [("nothing", "every target was asked")]


def _each_once(*values: str | None) -> str:
    return ", ".join(dict.fromkeys(value for value in values if value))


def _clock(system_time: datetime | None, heard_at: datetime) -> str:
    if system_time is None:
        return ""
    skew = system_time - heard_at
    side = "ahead of" if skew > timedelta(0) else "behind"
    apart = "the same as ours" if abs(skew) < timedelta(seconds=1) else f"{_seconds(abs(skew))} {side} ours"
    return f"{moment(system_time)} ({apart})"


def _seconds(span: timedelta) -> str:
    whole = span.total_seconds()
    if whole < 120:
        return f"{whole:.1f} s"
    return f"{whole / 60:.0f} min" if whole < 7200 else f"{whole / 3600:,.0f} h"


def _other_row(fact: OtherFact) -> tuple[str, str]:
    match fact:
        case LoginCommand(name=name):
            return "clear-text login", f"{name} is allowed in this state"
        case Upgrade(offered=offered, accepted=accepted, text=text):
            said = f"{'listed' if offered else 'not listed'}, {'accepted' if accepted else 'refused'}"
            return "STARTTLS", f"{said}: {text}" if text else said
        case Refusal(asked=asked, text=text, via=None):
            return "refused", f"{asked}: {text}"
        case Refusal(asked=asked, text=text, via=via, standing=standing):
            return "refused", f"{asked} ({via}, {standing.replace('_', ' ')}): {text}"
        case ControlAnswer(sent=sent, taken=taken, text=text):
            return "control", f"{sent} {'accepted' if taken else 'refused'}: {text}"
        case Kerberos(via=via, text=text):
            return "Kerberos", f"{via} carries no NTLM: {text}"
        case ErrorLimit(refusals=refusals):
            return "error limit", f"closes after {counted(refusals, 'refusal')}, and greets again"
        case LeftUnasked(via=via, what=what):
            return "not asked", f"{what} ({via})"
        case Unanswered(via=via, cause=cause):
            return "unanswered", f"{via}: {cause}"


def _authority(entry: Authority) -> str:
    until = f", until {entry.until:%Y-%m-%d}" if entry.until else ""
    note = f" ({entry.note})" if entry.note else ""
    return f"{entry.network}: {entry.by}{until}{note}"


def _unasked(each: NotAsked) -> str:
    noun = _COUNTS.get(each.why, "address")
    return each.target if each.count == 1 else f"{each.target} ({counted(each.count, noun)})"


def _why_not(each: NotAsked) -> str:
    why = UNASKED_SAYS[each.why]
    return f"{why}: {each.detail}" if each.detail not in ("", why) else why
