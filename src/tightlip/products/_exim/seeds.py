"""The macros that Debian's update-exim4.conf makes of its own file, and puts in front of what it joins."""

from tightlip.products._product import ConfigFile
from tightlip.syntax.lines import spoken

# Of any other type the sources are joined as they are.
_TYPES = frozenset({"internet", "smarthost", "satellite", "local"})
# Those of which another file of the host, or the package, says the value.
_ELSEWHERE = ("ETC_MAILNAME", "MAIN_PACKAGE_VERSION")


def seeds(file: ConfigFile) -> dict[str, str]:
    """The macros by name, in small letters as it has them; an assignment that begins with a capital is one as written.

    Of two assignments the last one holds in a shell, and of two macros the first one.
    """
    entries = file.reading.entries
    said = {each.name: each.value.lower() for each in entries}
    kind = said.get("dc_eximconfig_configtype", "")
    if kind not in _TYPES:
        return {}
    found = {f"DCconfig_{kind}": "1", "DC_eximconfig_configtype": kind, **dict.fromkeys(_ELSEWHERE, "")}
    if interfaces := _list(said.get("dc_local_interfaces", "")):
        found["MAIN_LOCAL_INTERFACES"] = interfaces
    if said.get("dc_minimaldns") == "true":
        found |= {"DC_minimaldns": "1", "MAIN_HARDCODE_PRIMARY_HOSTNAME": ""}
    is_sent_on = kind in ("smarthost", "satellite")
    if is_sent_on and said.get("dc_hide_mailname") == "true" and said.get("dc_readhost"):
        found["HIDE_MAILNAME"] = "1"
    nets = _list(said.get("dc_relay_nets", ""))
    own = " ; 127.0.0.1 ; ::1" if nets.startswith("<;") else " : 127.0.0.1 : ::::1"
    found |= {
        "MAIN_LOCAL_DOMAINS": f"@:localhost:{said.get('dc_other_hostnames', '').replace(';', ':')}".rstrip(": "),
        "MAIN_RELAY_TO_DOMAINS": _list(said.get("dc_relay_domains", "")),
        "LOCAL_DELIVERY": said.get("dc_localdelivery") or "mail_spool",
        "MAIN_RELAY_NETS": nets + own,
        "DCreadhost": said.get("dc_readhost", ""),
        "DCsmarthost": said.get("dc_smarthost", "").replace(";", ":"),
    }
    for each in entries:
        if each.name[:1].isupper() and each.name != "CFILEMODE":
            written = file.reading.text[each.at.start : each.at.end]
            found.setdefault(each.name, spoken(written).lower())
    return found


def _list(value: str) -> str:
    """A list whose semicolons part its items says so in front."""
    return f"<; {value}" if ";" in value and not value.startswith("<") else value
