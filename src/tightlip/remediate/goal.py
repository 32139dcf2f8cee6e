"""Goals: what a person wants of a host, the remedy that is, and the rules whose findings it answers."""

from enum import StrEnum
from typing import assert_never

from tightlip.model.remedy import Accounts, DisableService, LimitAccounts, Remedy, RequireTls, WithdrawMechanism


class Goal(StrEnum):
    """What ``tightlip plan --goal`` takes."""

    WITHDRAW_NTLM = "withdraw-ntlm"
    REQUIRE_TLS = "require-tls"
    DISABLE_POP3 = "disable-pop3"
    LIMIT_ACCOUNTS = "limit-accounts"


_ANSWERS = {
    Goal.WITHDRAW_NTLM: (
        "ntlm-discloses-host",
        "ntlm-offered",
        "ntlm-without-tls",
        "advertised-contradicts-accepted",
        "mechanism-hidden-not-refused",
        "upgrade-will-break",
    ),
    Goal.REQUIRE_TLS: ("cleartext-login-without-tls", "ntlm-without-tls", "plaintext-without-tls"),
    Goal.DISABLE_POP3: ("pop3-unused-but-enabled",),
    Goal.LIMIT_ACCOUNTS: ("account-access-unrestricted",),
}


class Extent(StrEnum):
    """Whose settings ``withdraw-ntlm`` may change: the mail server's, or the host's GSSAPI library's too."""

    SERVER = "server"
    HOST = "host"


def remedy_of(goal: Goal, accounts: tuple[str, ...], meaning: Accounts, extent: Extent = Extent.SERVER) -> Remedy:
    """The remedy that a goal asks for; accounts are ``limit-accounts``' alone, ``extent`` is ``withdraw-ntlm``'s."""
    match goal:
        case Goal.WITHDRAW_NTLM:
            return WithdrawMechanism(host_wide=extent is Extent.HOST)
        case Goal.REQUIRE_TLS:
            return RequireTls()
        case Goal.DISABLE_POP3:
            return DisableService()
        case Goal.LIMIT_ACCOUNTS:
            return LimitAccounts(accounts, meaning)
        case _:
            assert_never(goal)


def answers(goal: Goal) -> tuple[str, ...]:
    """The names of the rules whose findings a goal answers."""
    return _ANSWERS[goal]
