"""No secret of a mail server's configuration is shown; what matters of a change is."""

import pytest

from tightlip.remediate.secrets import HIDDEN, hidden, without_secrets

SECRET = "hunter2"

# Lines as they stand in real configurations, each with one secret in it.
LINES = f"""
password = {SECRET}
  password={SECRET}
#password = {SECRET}
# ssl_key_password = {SECRET}
ssl_key_password = {SECRET}
doveadm_password = {SECRET}
doveadm_api_key = {SECRET}
imapc_password = "{SECRET}"
submission_relay_password = {SECRET}
  args = password={SECRET} allow_real_nets=127.0.0.0/8
  args = user=x pass='{SECRET}'
  override_fields = proxy=y pass={SECRET} host=10.0.0.1
  default_fields = password={{PLAIN}}{SECRET}
connect = host=localhost dbname=mail user=mail password={SECRET}
connect = "host=localhost password={SECRET}"
dnpass = {SECRET}
uris = ldap://cn=x:{SECRET}@ldap.example.org/
fts_solr = url=https://solr:{SECRET}@10.0.0.1/solr/
auth_policy_hash_nonce = {SECRET}
auth_policy_server_api_header = Authorization: Basic {SECRET}aGVsbG8=
  client_secret = {SECRET}
oauth2_introspection_url = https://id:{SECRET}@example.org/introspect
sasl_ldapdb_pw: {SECRET}
sasl_sql_passwd: {SECRET}
proxy_password: {SECRET}
backend1_password: {SECRET}
ldap_password: {SECRET}
smtp_sasl_password_maps = static:user:{SECRET}
smtp_sasl_password_maps = hash:/etc/postfix/sasl, static:user:{SECRET}
smtp_sasl_password_maps = inline:{{ {{relay=user:{SECRET}}} }}
  -o smtp_sasl_password_maps=static:user:{SECRET}
  -o {{ smtp_sasl_password_maps = static:user:{SECRET} }}
bind_pw = {SECRET}
hosts = mysql://mail:{SECRET}@db/mail
hide mysql_servers = localhost/db/mail/{SECRET}
mysql_servers = localhost/db/mail/{SECRET}
hide ldap_default_servers = ldap.example.org : {SECRET}
client_send = ^mail^{SECRET}
  client_send = : mail : {SECRET}
server_password = {SECRET}
server_secret = ${{if eq{{$auth1}}{{bob}}{{{SECRET}}}fail}}
server_condition = ${{if eq{{$auth2}}{{{SECRET}}}}}
server_condition = ${{if eq{{{SECRET}}}{{$auth2}}}}
server_condition = ${{if and{{{{eq{{$auth2}}{{bob}}}}{{eq{{$auth3}}{{{SECRET}}}}}}}}}
server_condition = ${{if crypteq{{$auth3}}{{\\{{ssha1\\}}{SECRET}}}}}
server_condition = ${{if eq{{$2}}{{{SECRET}}}}}
MYSQL_PASSWORD		{SECRET}
LDAP_BINDPW  {SECRET}
DB_PASSWORD='{SECRET}'
auth_mechanisms = plain login # admin password={SECRET}
"password": "{SECRET}",
bob:{{SHA512-CRYPT}}$6$salt${SECRET}:1000:1000
bob:$6$salt${SECRET}:1000:1000
api_token = {SECRET}
private_key = {SECRET}
""".strip().splitlines()

# What a person has to see in order to judge a change.
SHOWN = """
auth_mechanisms = plain login ntlm
disable_plaintext_auth = no
auth_allow_cleartext = no
passdb {
passdb passwd-file {
  passwd_file_path = /etc/dovecot/users
  driver = passwd-file
  args = scheme=CRYPT username_format=%u /etc/dovecot/users
  args = nopassword=y
!include auth-passwdfile.conf.ext
ssl = required
ssl_key = </etc/ssl/private/mail.key
ssl_server_key_file = /etc/ssl/private/mail.key
password_query = SELECT userid FROM users WHERE userid = '%u'
smtpd_sasl_mechanism_filter = !ntlm, static:rest
smtp_sasl_password_maps = hash:/etc/postfix/sasl_passwd
smtpd_sasl_security_options = noanonymous
  -o smtpd_tls_security_level=encrypt
mech_list: PLAIN LOGIN
sasl_pwcheck_method: auxprop saslauthd
sasl_mech_list: PLAIN NTLM
tls_server_key: /etc/ssl/private/cyrus.key
allowplaintext: no
driver = spa
public_name = NTLM
server_set_id = $auth1
# Passwords are looked up in a table.
""".strip().splitlines()


@pytest.mark.parametrize("line", LINES)
def test_a_secret_is_hidden(line: str) -> None:
    """By itself and among others, and the setting's name can still be read."""
    assert SECRET in line
    shown = without_secrets(line)
    assert SECRET not in shown
    assert HIDDEN in shown
    assert hidden(["a = b", line, "c = d"]) == ["a = b", shown, "c = d"]


@pytest.mark.parametrize("line", [line for line in SHOWN if "static:" not in line])
def test_what_is_no_secret_is_shown(line: str) -> None:
    """Word by word."""
    assert without_secrets(line) == line


def test_a_table_written_out_is_hidden_but_not_its_setting() -> None:
    """``static:`` may hold a password; the name of the setting and what stands before stay."""
    shown = without_secrets("smtpd_sasl_mechanism_filter = !ntlm, static:rest")
    assert shown.startswith("smtpd_sasl_mechanism_filter = !ntlm, static:")


@pytest.mark.parametrize(
    "text",
    [
        f"smtp_password =\n  {SECRET}\n",
        f"smtp_password =\n# which one?\n\n  {SECRET}\n",
        f"smtp_sasl_password_maps = static:\n  user:{SECRET}\n",
        f"smtp_sasl_password_maps = inline:{{\n  {{ relay.example.org = user:{SECRET} }}\n  }}\n",
        f"hide mysql_servers = \\\n{SECRET}\n",
        f"hide mysql_servers = localhost/db/ \\\n  mail/ \\\n {SECRET}\n",
        f"password = <<<END\n{SECRET}\n{SECRET}\nEND\n",
        f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n{SECRET}\n-----END PRIVATE KEY-----\n",
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{SECRET}\n-----END RSA PRIVATE KEY-----\n",
    ],
)
def test_secrets_over_several_lines_are_hidden(text: str) -> None:
    """Up to their end, and what follows is shown."""
    shown = hidden([*text.splitlines(), "ssl = yes", "a = b"])
    assert SECRET not in "\n".join(shown)
    assert shown[-2:] == ["ssl = yes", "a = b"]


def test_settings_behind_a_secret_in_a_block_are_shown() -> None:
    """The indent of a block is no folded value."""
    lines = ["passdb {", f"  password = {SECRET}", "  driver = static", "}"]
    assert hidden(lines) == ["passdb {", f"  password = {HIDDEN}", "  driver = static", "}"]


def test_every_line_stays_a_line() -> None:
    """A diff counts on it."""
    lines = [*LINES, *SHOWN, "-----BEGIN PRIVATE KEY-----"]
    assert len(hidden(lines)) == len(lines)
