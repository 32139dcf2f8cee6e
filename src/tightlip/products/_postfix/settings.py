"""Postfix' settings as a service sees them: its own -o before main.cf before the default, `$variables` expanded."""

import posixpath
import re
from collections.abc import Mapping

from msgspec import Struct, field

from tightlip.model.finding import Place
from tightlip.products._product import ConfigFile, Files, Instance
from tightlip.syntax.reading import Entry, Kind

# What applies where nothing is written (postconf -d of Postfix 3.7); what is not here is empty.
DEFAULTS = {
    "compatibility_level": "0",
    "cyrus_sasl_config_path": "",
    "import_environment": "",
    "inet_interfaces": "all",
    "inet_protocols": "all",
    "master_service_disable": "",
    "multi_instance_directories": "",
    "postscreen_upstream_proxy_protocol": "",
    "queue_directory": "/var/spool/postfix",
    "smtpd_command_filter": "",
    "smtpd_discard_ehlo_keyword_address_maps": "",
    "smtpd_discard_ehlo_keywords": "",
    "smtpd_enforce_tls": "no",
    "smtpd_sasl_auth_enable": "no",
    "smtpd_sasl_exceptions_networks": "",
    "smtpd_sasl_mechanism_filter": "!external, static:rest",
    "smtpd_sasl_path": "smtpd",
    "smtpd_sasl_security_options": "noanonymous",
    "smtpd_sasl_tls_security_options": "$smtpd_sasl_security_options",
    "smtpd_sasl_type": "cyrus",
    "smtpd_service_name": "smtpd",
    "smtpd_tls_auth_only": "no",
    "smtpd_tls_cert_file": "",
    "smtpd_tls_chain_files": "",
    "smtpd_tls_dcert_file": "",
    "smtpd_tls_eccert_file": "",
    "smtpd_tls_mandatory_protocols": "",
    "smtpd_tls_protocols": "",
    "smtpd_tls_req_ccert": "no",
    "smtpd_tls_security_level": "",
    "smtpd_tls_wrappermode": "no",
    "smtpd_upstream_proxy_protocol": "",
    "smtpd_use_tls": "no",
}
# The values that smtpd starts with; at any other it ends, which neither postconf nor postfix check tells.
ALLOWED: Mapping[str, tuple[str, ...]] = {
    **{name: ("yes", "no") for name, value in DEFAULTS.items() if value in ("yes", "no")},
    "smtpd_sasl_type": ("cyrus", "dovecot"),
    "smtpd_tls_security_level": ("", "none", "may", "encrypt"),
}

# Of master.cf; there are some thirty where nobody adds any.
MOST_SERVICES = 500

_VARIABLE = re.compile(r"\$\$|\$(\w+)|\$\{([^{}]*)\}|\$\(([^()]*)\)")
_NAME = re.compile(r"\w+")
_DEEPEST = 8
_LONGEST = 4_000


class Setting(Struct, frozen=True, kw_only=True):
    """A setting as one service sees it.

    ``value`` with its variables expanded. ``place`` has line None where the default applies. ``service`` is the name
    of the master.cf entry whose -o it is, None where it is not one's own. ``doubt`` says what was not expanded.
    """

    name: str
    value: str
    place: Place
    service: str | None = None
    doubt: str = ""

    @property
    def is_yes(self) -> bool:
        """Whether it switches on."""
        return self.value.lower() == "yes"

    @property
    def is_written(self) -> bool:
        """Whether it stands in a file."""
        return self.place.line is not None


class Config(Struct, frozen=True, kw_only=True):
    """An instance's files with their settings at hand.

    ``written`` are main.cf's by name, the last of each. ``services`` are master.cf's entries; ``own`` are their -o by
    the entry's number and name, the last of each. Either file may be missing. ``memo`` keeps what was looked up.
    """

    files: Files
    main: ConfigFile | None
    master: ConfigFile | None
    written: Mapping[str, Entry]
    services: tuple[tuple[int, Entry], ...]
    own: Mapping[int, Mapping[str, Entry]]
    memo: dict[tuple[int | None, str], Setting] = field(default_factory=dict)

    def globally(self, name: str) -> Setting:
        """The setting of main.cf, or its default."""
        return self.of_service(None, name)

    def of_service(self, service: int | None, name: str) -> Setting:
        """The setting that takes effect for an entry of master.cf, by the entry's number."""
        key = (service if service in self.own else None, name)
        if key not in self.memo:
            value, place, owner = self._found(service, name)
            expanded, doubt = self._expanded(service, value)
            shown = Place(place.file, place.line, name, expanded if place.line is not None else None)
            self.memo[key] = Setting(name=name, value=expanded, place=shown, service=owner, doubt=doubt)
        return self.memo[key]

    def _found(self, service: int | None, name: str) -> tuple[str, Place, str | None]:
        own = None if service is None else self.own.get(service, {}).get(name)
        if own is not None and self.master is not None:
            return own.value, Place(self.master.path, own.line, name, None), own.path[0]
        entry = self.written.get(name)
        if entry is not None and self.main is not None:
            return entry.value, Place(self.main.path, entry.line, name, None), None
        return self._default(name) or "", Place(self.files.instance.config, None, name, None), None

    def _default(self, name: str) -> str | None:
        """What applies where nothing is written, as far as that can be known from the files."""
        if name == "config_directory":
            return folder(self.files.instance).replace("$", "$$")
        if name == "mydomain":
            host = self.written.get("myhostname")
            return (host.value.partition(".")[2] or "localdomain") if host and "$" not in host.value else None
        return DEFAULTS.get(name)

    def _expanded(self, service: int | None, value: str) -> tuple[str, str]:
        """The value with its variables in place, and what could not be expanded; ``$$`` stands for a dollar."""
        doubts: list[str] = []
        size = 0

        def replaced(found: re.Match[str]) -> str:
            nonlocal size
            name = found[1] or found[2] or found[3] or ""
            if found[0] == "$$" or size > _LONGEST:
                return "$$"
            known, place, _ = self._found(service, name)
            if _NAME.fullmatch(name) and (place.line is not None or self._default(name) is not None):
                size += len(known)
                return known[: _LONGEST + 1]
            doubts.append(found[0])
            return found[0].replace("$", "$$")

        for _ in range(_DEEPEST):
            if doubts or "$" not in value.replace("$$", "") or len(value) > _LONGEST:
                break
            value = _VARIABLE.sub(replaced, value)
        if "$" in value.replace("$$", "") and not doubts:
            doubts.append(value[:80])
        if len(value) > _LONGEST:
            doubts.append(f"what stands behind its first {_LONGEST:,} characters")
        return value.replace("$$", "$")[:_LONGEST], "".join(doubts[:1])


def config_of(files: Files) -> Config:
    """The settings of these files, by name and service."""
    main, master = of_role(files, "main"), of_role(files, "master")
    own: dict[int, dict[str, Entry]] = {}
    services: list[tuple[int, Entry]] = []
    for number, entry in enumerate(master.reading.entries if master else ()):
        if entry.kind is Kind.BLOCK:
            services.append((number, entry))
        elif entry.within is not None:
            own.setdefault(entry.within, {})[entry.name] = entry
    written = {each.name: each for each in (main.reading.entries if main else ())}
    return Config(
        files=files, main=main, master=master, written=written, services=tuple(services[:MOST_SERVICES]), own=own
    )


def of_role(files: Files, role: str) -> ConfigFile | None:
    """The first file of a role: main, master."""
    return next((file for file in files.files if file.role == role), None)


def words_of(setting: Setting) -> list[str]:
    """The words of a list, in lower case."""
    return setting.value.replace(",", " ").lower().split()


def spelled(allowed: tuple[str, ...]) -> str:
    """Allowed values in words."""
    return " or ".join(each or "empty" for each in allowed)


def master_path(instance: Instance) -> str:
    """Where the instance's master.cf stands."""
    return instance.places.get("master.cf") or posixpath.join(folder(instance), "master.cf")


def folder(instance: Instance) -> str:
    """The instance's configuration directory."""
    return posixpath.dirname(instance.config)


def places(config_folder: str) -> dict[str, str]:
    """The places of an instance with this configuration directory."""
    return {"master.cf": posixpath.join(config_folder, "master.cf")}
