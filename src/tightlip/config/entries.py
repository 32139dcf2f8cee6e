"""Makes an authority of what somebody wrote: network, by, until, note; strictly, since packets follow from it."""

from datetime import UTC, date, datetime, time
from ipaddress import ip_address, ip_network

from tightlip.model.errors import UsageError
from tightlip.model.run import Authority

_LAST_SECOND = time(23, 59, 59, tzinfo=UTC)
_LONGEST = 500


def authority(network: object, by: object, until: object, note: object = "") -> Authority:
    """An entry from its four parts; UsageError names the part that will not do."""
    who = _text("by", by)
    if not who:
        raise UsageError("by is empty: who authorised it?", '--by "name, role, reference"')
    return Authority(_network(network), who, parse_until(until), _text("note", note))


def end_of(until: datetime | date) -> datetime:
    """The moment an entry ends, in UTC: a bare date means the end of that day, a time without zone is UTC."""
    if not isinstance(until, datetime):
        return datetime.combine(until, _LAST_SECOND)
    return until.astimezone(UTC) if until.tzinfo else until.replace(tzinfo=UTC)


def parse_until(written: object, name: str = "until") -> datetime:
    """The end of an entry as a date, a time or text say it; UsageError where what is called ``name`` is none."""
    if isinstance(written, str):
        text = written.strip()
        try:
            written = datetime.fromisoformat(text) if len(text) > len("2027-06-30") else date.fromisoformat(text)
        except ValueError:
            written = None
    if isinstance(written, date):
        return end_of(written)
    raise UsageError(f"{name} is no date", "write 2027-06-30, or 2027-06-30T12:00:00Z; both are UTC")


def _text(part: str, written: object) -> str:
    if not isinstance(written, str):
        raise UsageError(f"{part} is no text")
    text = written.strip()
    if len(text) > _LONGEST or not text.isprintable():
        raise UsageError(f"{part} must be one line of at most {_LONGEST} printable characters")
    return text


def _network(written: object) -> str:
    if not isinstance(written, str):
        raise UsageError("network is no text", "write 10.0.0.0/8")
    text = written.strip()
    try:
        network = ip_network(text)
    except ValueError:
        raise UsageError(f"{text[:80]!a} is no network", _meant(text)) from None
    if network.prefixlen == 0:
        raise UsageError(f"{network} is the whole Internet, which nobody can authorise", "name the networks one by one")
    if network.version == 6 and network.network_address.ipv4_mapped:
        raise UsageError(f"{network} is an IPv4 network in disguise", f"write {network.network_address.ipv4_mapped}/…")
    return str(network)


def _meant(text: str) -> str:
    try:
        return f"did you mean {ip_network(text, strict=False)}?"
    except ValueError:
        pass
    try:
        return f"did you mean {ip_address(text.strip('[]'))}?"
    except ValueError:
        return "write 10.0.0.0/8, 192.0.2.7 or 2001:db8::/32; names are checked by their addresses"
