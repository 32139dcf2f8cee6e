"""Hosts whose Kerberos library has NTLM in it, or not, as dictionaries of files."""

FILE = "/etc/gss/mech.d/mech.ntlmssp.conf"
PLUGIN = "/usr/lib/x86_64-linux-gnu/gssntlmssp/gssntlmssp.so"
OID = "1.3.6.1.4.1.311.2.2.10"
COMMENT = b"# To activate the mechanism put this file into /etc/gss/mech.d\n#\n"
LINE = f"gssntlmssp_v1\t\t{OID}\t        {PLUGIN}\n".encode()

NOTHING = {"/etc/gss/mech.d/none.conf": b"# nothing is registered\n"}
REGISTERED = {FILE: COMMENT + LINE}
NTLMSSP = {**REGISTERED, PLUGIN: b"\x7fELF"}
KEYTAB = {"/etc/krb5.keytab": b"secret"}
