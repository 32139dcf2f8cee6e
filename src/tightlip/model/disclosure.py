"""What a challenge gives away, decoded."""

from datetime import datetime
from enum import StrEnum

from msgspec import Struct


class Implementation(StrEnum):
    """The server code that wrote a challenge, as far as its shape tells."""

    WINDOWS = "windows"
    SAMBA = "samba"
    DOVECOT = "dovecot"
    CYRUS = "cyrus"
    EXIM = "exim"
    GSS_NTLMSSP = "gss-ntlmssp"
    UNKNOWN = "unknown"


# The fields that are text, as people call them.
LABELS = {
    "target_name": "target name",
    "netbios_computer_name": "NetBIOS computer name",
    "netbios_domain_name": "NetBIOS domain name",
    "dns_computer_name": "DNS computer name",
    "dns_domain_name": "DNS domain name",
    "dns_tree_name": "DNS tree name",
    "service_name": "service name",
    "product_version": "version",
    "product": "product",
}


class Disclosure(Struct, frozen=True, gc=False, omit_defaults=True):
    """The fields of one challenge that speak of the host; a field that was absent or empty is None.

    ``system_time`` is the server's clock (AV pair 7), in UTC; it is not the boot time. ``product_version`` is
    ``major.minor.build``; ``product`` the Windows releases that share this build, or None. ``service_name`` is AV
    pair 9 (``imap/mail.example.org``), by which gss-ntlmssp names the service and its host.
    """

    target_name: str | None = None
    netbios_computer_name: str | None = None
    netbios_domain_name: str | None = None
    dns_computer_name: str | None = None
    dns_domain_name: str | None = None
    dns_tree_name: str | None = None
    product_version: str | None = None
    product: str | None = None
    system_time: datetime | None = None
    service_name: str | None = None

    @property
    def has_names(self) -> bool:
        """Whether any name was given away."""
        return bool(
            self.target_name
            or self.netbios_computer_name
            or self.netbios_domain_name
            or self.dns_computer_name
            or self.dns_domain_name
            or self.dns_tree_name
            or self.service_name
        )

    @property
    def tells_anything(self) -> bool:
        """Whether anything at all was given away: a name, the Windows version or the clock."""
        return self.product_version is not None or self.system_time is not None or self.has_names

    @property
    def names(self) -> tuple[str, ...]:
        """Every name that was given away, each once, in field order."""
        found = (
            self.target_name,
            self.netbios_computer_name,
            self.netbios_domain_name,
            self.dns_computer_name,
            self.dns_domain_name,
            self.dns_tree_name,
            self.service_name,
        )
        return tuple(dict.fromkeys(name for name in found if name))
