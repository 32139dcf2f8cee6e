#!/usr/bin/env python3
"""Measures `tightlip audit` on made-up trees of up to 10,000 configuration files, and prints a table in Markdown."""

import json
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from statistics import median

sys.dont_write_bytecode = True

from measure import Bystanders, Usage, run_measured  # noqa: E402 (bytecode is off first)

HERE = Path(__file__).resolve().parent
SIZES = (1_000, 10_000)
ROUNDS = 3
LIMIT_SECONDS = 300
# One host in three leaks.
EVERY = 3

# What administrators leave in files that came with the package.
PROSE = "".join(
    f"# {number:02}: what this is for, and what happens when it is changed or left out.\n" for number in range(45)
)

DOVECOT = {
    "dovecot.conf": "protocols = imap pop3\nlisten = *, ::\n!include conf.d/*.conf\n!include_try local.conf\n",
    "conf.d/10-auth.conf": "disable_plaintext_auth = yes\nauth_mechanisms = plain{leak}\n!include auth.inc\n",
    "conf.d/auth.inc": "passdb {{\n  driver = pam\n}}\nuserdb {{\n  driver = passwd\n}}\n",
    "conf.d/10-master.conf": "service imap-login {{\n  inet_listener imap {{\n    port = 143\n  }}\n}}\n"
    "service auth {{\n  unix_listener /var/spool/postfix/private/auth {{\n    mode = 0660\n  }}\n}}\n",
    "conf.d/10-ssl.conf": "ssl = required\nssl_cert = </etc/dovecot/cert.pem\nssl_key = </etc/dovecot/key.pem\n",
    "conf.d/10-mail.conf": "mail_location = maildir:~/Maildir\nnamespace inbox {{\n  inbox = yes\n}}\n",
    "conf.d/10-logging.conf": "log_path = syslog\n",
    "conf.d/20-imap.conf": "protocol imap {{\n  mail_max_userip_connections = 20\n}}\n",
}
POSTFIX = {
    "main.cf": "myhostname = mail.example.org\nsmtpd_sasl_type = dovecot\nsmtpd_sasl_path = private/auth\n"
    "smtpd_sasl_auth_enable = yes\nsmtpd_tls_auth_only = yes\nsmtpd_tls_security_level = may\n"
    "smtpd_tls_cert_file = /etc/dovecot/cert.pem\n",
    "master.cf": "smtp inet n - y - - smtpd\nsubmission inet n - y - - smtpd\n  -o smtpd_tls_security_level=encrypt\n",
}


def main() -> int:
    """Measure each size without and with a store; 1 where a leak was missed or invented."""
    print("| files | hosts | store | files/s | seconds | peak MiB | other programs |")
    print("|---:|---:|---|---:|---:|---:|---:|")
    with tempfile.TemporaryDirectory(prefix="tightlip-bench-") as folder:
        work = Path(folder)
        for files in SIZES:
            hosts = write_hosts(work / str(files), files)
            for store in ("none", "yes"):
                share, usages = measure(work, files, hosts, store)
                print(row(files, hosts, store, usages, share), flush=True)
    return 0


def write_hosts(folder: Path, files: int) -> int:
    """Write a folder of hosts' trees with that many configuration files; how many hosts they are."""
    each = {f"etc/dovecot/{name}": text for name, text in DOVECOT.items()}
    each |= {f"etc/postfix/{name}": text for name, text in POSTFIX.items()}
    hosts = files // len(each)
    for number in range(hosts):
        leak = " ntlm" if number % EVERY == 0 else ""
        for name, text in each.items():
            path = folder / f"mail{number:05}" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(PROSE + text.format(leak=leak))
    return hosts


def measure(work: Path, files: int, hosts: int, store: str) -> tuple[float, list[Usage]]:
    """Audit some rounds; the largest share that other programs had of the machine, and what each round used."""
    usages, share = [], 0.0
    for number in range(ROUNDS):
        kept = "none" if store == "none" else str(work / f"{files}-{number}.db")
        command = ["./tightlip", "audit", "--roots", str(work / str(files)), "--store", kept, "--format", "jsonl"]
        others = Bystanders()
        usages.append(run_measured(command, work / "audit", os.environ, LIMIT_SECONDS))
        share = max(share, others.share())
        check(work / "audit.out", hosts)
    return share, usages


def check(output: Path, hosts: int) -> None:
    """Every leaking host is found, no other, and the line is that of `auth_mechanisms`."""
    found = {str(record["endpoint"]).split()[0] for record in records(output) if leaks(record)}
    expected = {f"mail{number:05}" for number in range(0, hosts, EVERY)}
    if found != expected:
        sys.exit(f"bench: {len(found)} hosts found, {len(expected)} leak")


def records(output: Path) -> Iterator[dict[str, object]]:
    """The records of a run."""
    with output.open() as lines:
        yield from map(json.loads, lines)


def leaks(record: dict[str, object]) -> bool:
    """Whether it is the finding of a leak, with its line."""
    if record["record"] != "finding" or record["rule"] != "ntlm-discloses-host":
        return False
    places = record["places"]
    return isinstance(places, list) and any(place["line"] == PROSE.count("\n") + 2 for place in places)


def row(files: int, hosts: int, store: str, usages: list[Usage], share: float) -> str:
    """One line of the table: medians over the rounds, memory the largest."""
    seconds = median(usage.seconds for usage in usages)
    peak = max(usage.command_kib for usage in usages) / 1024
    return f"| {files:,} | {hosts:,} | {store} | {files / seconds:,.0f} | {seconds:.1f} | {peak:.0f} | {share:.0%} |"


if __name__ == "__main__":
    os.chdir(HERE.parent)
    sys.exit(main())
