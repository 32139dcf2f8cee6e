"""Remedies: what is asked of a product's configuration, product-free; each product's plug knows how."""

from enum import StrEnum

from msgspec import Struct


class WithdrawMechanism(Struct, frozen=True, tag="withdraw_mechanism"):
    """Stop accepting these SASL mechanisms (upper case) in every TLS state."""

    mechanisms: tuple[str, ...] = ("NTLM", "GSS-SPNEGO")


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
