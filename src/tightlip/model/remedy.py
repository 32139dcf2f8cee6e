"""Remedies: what is asked of a product's configuration, product-free; each product's plug knows how."""

from enum import StrEnum

from msgspec import Struct, field

# Withdrawn as far as NTLM comes in them: what carries Kerberos alone stays.
_CARRYING = ("NTLM", "GSS-SPNEGO", "GSSAPI")


class WithdrawMechanism(Struct, frozen=True, tag="withdraw_mechanism", omit_defaults=True):
    """Stop accepting these SASL mechanisms (upper case) in every TLS state.

    ``host_wide``: where NTLM comes in one by the host's GSSAPI library, it is taken out of that, for all of the host.
    A plan's hash is made of what is written here: ``mechanisms`` always is, and no option that was not asked for.
    """

    mechanisms: tuple[str, ...] = field(default_factory=lambda: _CARRYING)
    host_wide: bool = False


class RequireTls(Struct, frozen=True, tag="require_tls"):
    """Let nobody log in before TLS is up; mail from strangers on port 25 goes on as before."""


class DisableService(Struct, frozen=True, tag="disable_service"):
    """Stop serving a protocol (``pop3``) on every port of it."""

    protocol: str = "pop3"


class Accounts(StrEnum):
    """How a list of accounts is meant."""

    ONLY = "only"
    ALL_BUT = "all_but"


class LimitAccounts(Struct, frozen=True, tag="limit_accounts"):
    """Let only these accounts, or all but these, use a protocol."""

    accounts: tuple[str, ...]
    meaning: Accounts = Accounts.ONLY
    protocol: str = "pop3"


Remedy = WithdrawMechanism | RequireTls | DisableService | LimitAccounts
