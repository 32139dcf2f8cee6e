"""Dovecot's SASL mechanisms: which are listed, whether they work at all, and who may send a password in clear."""

from tightlip.products._dovecot.view import MECHANISMS, Dialect, Setting, View
from tightlip.products._dovecot.words import is_mechanism

# Since this version NTLM is the business of Samba's winbind alone.
WINBIND_ONLY = (2, 3, 13)


def mechanisms(now: View) -> dict[str, Setting | None]:
    """The mechanisms (upper case) with the statement that puts each in the list; words that are none are left out."""
    return {word.upper(): said for word, said in now.words(MECHANISMS).items() if is_mechanism(word)}


def has_winbind(now: View) -> bool:
    """Whether NTLM and SPNEGO are handed to Samba."""
    return now.value("auth_use_winbind", "no") == "yes"


def winbind_helper(now: View) -> str:
    """The program of Samba's that answers for it."""
    said = now.get("auth_winbind_helper_path")
    return said.value if said else "/usr/bin/ntlm_auth"


def is_winbind_known(now: View) -> bool:
    """Whether it can be told at all."""
    said = now.get("auth_use_winbind")
    return said is None or (said.is_known and not said.doubt)


def is_kerberos(now: View, name: str) -> bool:
    """Whether Kerberos' GSSAPI library answers it: it does SPNEGO, where that is not Samba's."""
    return name == "GSSAPI" or (name == "GSS-SPNEGO" and not has_winbind(now))


def is_dead(now: View) -> bool:
    """Whether the auth process ends at its start: it does not know a mechanism, so that nobody can log in."""
    modern = now.dialect is Dialect.SINCE_24 or (now.version is not None and now.version >= WINBIND_ONLY)
    return modern and "NTLM" in mechanisms(now) and not has_winbind(now) and is_winbind_known(now)


def cleartext_setting(now: View) -> str:
    """What the setting is called by which PLAIN and LOGIN are taken without TLS, or not."""
    return "auth_allow_cleartext" if now.dialect is Dialect.SINCE_24 else "disable_plaintext_auth"


def allows_cleartext(now: View, protocol: str) -> bool:
    """Whether PLAIN and LOGIN are taken without TLS, as far as `ssl` lets anybody in."""
    name = cleartext_setting(now)
    if now.dialect is Dialect.SINCE_24:
        return now.value(name, "no", protocol) == "yes"
    return now.value(name, "yes", protocol) == "no"
