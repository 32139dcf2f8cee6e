"""What of a configuration may be shown to people: its structure, names of settings, and values known to be harmless.

Anything else stays unseen. A list of what secrets look like is never complete; a list of settings that a reader of a
plan has to see, with the form that their values have, is short.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import groupby

from tightlip.model.posture import NTLM_CARRIERS, USABLE

SECRET = "‹secret›"
UNSEEN = "‹…›"

# No person reads a longer one.
_LONGEST = 400

# Settings of which plans and audits speak, all products together.
_KNOWN = re.compile(
    r"""
    # Dovecot
    auth_(?:mechanisms|use_winbind|winbind_helper_path|allow_cleartext|username_format|verbose|debug|realms)
    | disable_plaintext_auth | protocols? | listen | port | address | ssl | haproxy(?:_trusted_networks)?
    | username_filter
    | dovecot_(?:config|storage)_version | base_dir | state_dir
    | (?:ssl|tls)_(?!.*(?:pass|secret))\w+
    # Postfix
    | (?:smtpd|postscreen)_upstream_proxy_protocol
    | smtpd_(?:tls|sasl)_\w+ | smtpd_(?:use|enforce)_tls | broken_sasl_auth_clients | syslog_name | inet_interfaces
    | inet_protocols | my(?:hostname|domain|networks|origin|destination) | compatibility_level | config_directory
    # Cyrus and SASL
    | (?:\w+_)?(?:sasl_)?mech_list | (?:\w+_)?(?:allowplaintext|tls_(?!.*(?:pass|secret))\w+) | servername
    | (?:sasl_)?(?:pwcheck_method|auxprop_plugin)
    # Exim
    | driver | public_name | (?:auth|tls)_advertise_hosts | allow_auth_unadvertised | server_advertise_condition
    | daemon_smtp_ports | tls_on_connect_ports | local_interfaces | primary_hostname | hosts_proxy
    # Courier
    | (?:imap|esmtp|pop3)\w*(?:capability|auth|start)\w* | authmodulelist\w*
    """,
    re.IGNORECASE | re.VERBOSE,
)
# Lists of mechanisms, of which every word counts, behind a # too where that begins no comment (Cyrus SASL).
_LIST = re.compile(r"(?:\w+_)?(?:sasl_)?mech_list|auth_mechanisms", re.IGNORECASE)
_MECHANISMS = USABLE | NTLM_CARRIERS
# Words, numbers, lists, paths and $variables.
_PLAIN = re.compile(r"[\w\s.,:*!%+\[\]()/<>$\"'^|~-]*")
# Harmless besides: AUTH=NTLM in a list of capabilities, and of Exim's conditions those of TLS and of nothing else.
_BESIDES = re.compile(r"\bAUTH=|\$\{if(?:eqi?|def|or|and|[\s:!{}*,]|\$?tls_(?:in_)?(?:cipher|sni|on_connect))*\}")
# Shown in these words alone: a change writes them itself, or they name another setting; nobody's secret reads so.
_IN_THESE_WORDS = {
    "args": re.compile(r"nopassword=y"),
    "username_filter": re.compile(r"[\w.@!*?+\s-]+"),
}
_SWITCH = re.compile(r"""(?P<quote>["']?)(?:yes|no)(?P=quote)|\$SET:[a-z][a-z0-9_]*""")
# What is called so is told to be a secret; everything else is merely not shown.
_SECRETIVE = re.compile(
    r"pass(?:w|phrase|$)|(?:^|[_.-])(?:pass|pw|pwd)(?:$|[_.-])|pw$|secret|token|credential|nonce|api_?(?:key|header)"
    r"|private_?key|authorization|(?:mysql|pgsql|oracle|redis|ldap)\w*_servers|client_send",
    re.IGNORECASE,
)

# All that is said of a block.
_BLOCK = "{"
_BLANK = re.compile(r"\s*")
_CLOSING = re.compile(r"\s*[}\]]\s*")
_OPENING = re.compile(r"\s*[\w!-]+(?:\s+[\w.,:/*!\[\]-]+)*\s*\{\s*")
_HEADING = re.compile(r"\s*(?:begin\s+\w+|\w+:|\.(?:ifn?def\s+\w+|else|endif)|!?\.?include(?:_\w+)?\s+[\w./*-]+)\s*")
_SERVICE = re.compile(r"(?P<shown>\S+\s+(?:inet|unix|fifo|pass)(?:\s+[-\w?.]+){5}\s+\w+)(?P<rest>.*)")
# A line of cyrus.conf: pop3 cmd="pop3d" listen="pop3" prefork=3.
_CYRUS = re.compile(
    r"\s*[\w-]+(?:\s+(?:cmd|listen|prefork|proto|maxchild|maxforkrate|maxfds|babysit)="
    r"(?:\"[\w\s/.:*\[\]-]*\"|[\w./:-]+))+\s*"
)
_SETTING = re.compile(
    r"""(?P<before>\s*(?:-o\s+\{?\s*|export\s+|hide\s+)?["']?)(?P<name>[-+!\w./@{}$]+)
    (?P<sign>["']?(?:\s*[=:]\s*|\s+))(?P<value>\S.*?)??(?P<comment>\s+\#.*)?\s*""",
    re.VERBOSE,
)
_COMMENT = re.compile(r"(?P<mark>\s*[#;]+ ?)(?P<text>.*)")


def shown(lines: Sequence[str], first: int = 0, last: int | None = None) -> list[str]:
    """The lines of one file, or those from one up to another, in order and each a line still, as they may be shown."""
    start = first
    # What a line goes on with stands above it; a line that begins in the first column goes on with nothing.
    while 0 < start < len(lines) and (not lines[start][:1].strip() or _COMMENT.fullmatch(lines[start])):
        start -= 1
    return list(_shown(lines[start:last]))[first - start :]


def is_shown_whole(line: str) -> bool:
    """Whether a line that a plan writes may be shown though nobody knows its name.

    It is a setting that is not called a secret, of plain words. More of it may come from what stood there before.
    """
    found = _SETTING.fullmatch(line) if len(line) <= _LONGEST else None
    if found is None or found["sign"].strip(" \t\"'") != "=" or found["comment"]:
        return False
    return _SECRETIVE.search(found["name"]) is None and _is_harmless(found["value"] or "")


def shown_value(value: str | None) -> str | None:
    """The value of a setting that is spoken of anyhow, as it may be shown."""
    return value if value in (None, _BLOCK) or _is_harmless(value) else UNSEEN


def _shown(lines: Sequence[str]) -> Iterator[str]:
    """A line without a name of its own goes on with the setting above it."""
    goes_on = False
    for line in lines:
        if _BLANK.fullmatch(line):
            yield line
        elif comment := _COMMENT.fullmatch(line):
            yield comment["mark"] + _commented(comment["text"])
        elif len(line) <= _LONGEST and any(each.fullmatch(line) for each in (_CLOSING, _OPENING, _HEADING, _CYRUS)):
            goes_on = False
            yield line
        elif service := _SERVICE.fullmatch(line):
            goes_on = False
            yield service["shown"] + (f" {UNSEEN}" if service["rest"].strip() else "")
        elif line[0].isspace() and goes_on and _is_harmless(line) and not _names_a_setting(line):
            yield line
        else:
            found = _SETTING.fullmatch(line) if len(line) <= _LONGEST else None
            goes_on = found is not None and _is_known(found["name"])
            yield _setting(found) if found else _indent(line) + UNSEEN


def _commented(text: str) -> str:
    """A setting that was switched off reads like one; what people write to each other stays with them."""
    if _CYRUS.fullmatch(text):
        return text
    found = _SETTING.fullmatch(text) if len(text) <= _LONGEST else None
    if found and _is_known(found["name"]) and "=" in found["sign"] and _is_harmless(found["value"] or ""):
        return _setting(found)
    return UNSEEN if text.strip() else text


def _setting(found: re.Match[str]) -> str:
    name, value = found["name"], found["value"]
    is_list = _LIST.fullmatch(name) is not None
    comment = f" # {UNSEEN}" if found["comment"] else ""
    if is_list and comment:
        comment = f" # {_mechanisms(found['comment'].strip(' #'))}".rstrip()
    head = f"{found['before']}{name}{found['sign']}"
    if not value:
        return head.rstrip() + comment
    if (_is_known(name) and _is_harmless(value)) or _is_in_its_words(found):
        return f"{head}{value}{comment}"
    if is_list:
        return f"{head}{_mechanisms(value)}{comment}"
    return f"{head}{SECRET if _SECRETIVE.search(name) else UNSEEN}{comment}"


def _mechanisms(words: str) -> str:
    """Words of a list, those that are names of mechanisms: what a change takes out of it has to be seen."""
    known = (word if word.upper() in _MECHANISMS else UNSEEN for word in words.split())
    return " ".join(word for seen, run in groupby(known) for word in ([UNSEEN] if seen == UNSEEN else run))


def _names_a_setting(line: str) -> bool:
    found = _SETTING.fullmatch(line)
    return found is not None and found["sign"].strip(" \t\"'") in ("=", ":")


def _is_in_its_words(found: re.Match[str]) -> bool:
    """Whether a value is one of the few that its setting may be shown with; whatever is called a secret is none."""
    name, value = found["name"], found["value"]
    if "=" not in found["sign"] or _SECRETIVE.search(name):
        return False
    return _IN_THESE_WORDS.get(name.lower(), _SWITCH).fullmatch(value) is not None


def _is_known(name: str) -> bool:
    """Whatever is called a secret is one, known or not: smtpd_sasl_db_password is a name of Postfix' kind."""
    return _SECRETIVE.search(name) is None and _KNOWN.fullmatch(name) is not None


def _is_harmless(value: str) -> bool:
    return len(value) <= _LONGEST and _PLAIN.fullmatch(_BESIDES.sub("", value)) is not None and "://" not in value


def _indent(line: str) -> str:
    return line[: len(line) - len(line.lstrip())]
