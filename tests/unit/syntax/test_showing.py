"""No secret of a mail server's configuration is shown; what a reader of a change has to see is."""

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tightlip.syntax.showing import SECRET as HIDDEN
from tightlip.syntax.showing import UNSEEN, shown, shown_value

SECRET = "hunter2"

# Lines as they stand in real configurations, each with one secret in it.
LINES = f"""
smtpd_sasl_db_password = {SECRET}
tls_pw = {SECRET}
imap_auth_password = {SECRET}
esmtpauthsecret={SECRET}
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
  args = pass=ab,{SECRET}
  args = nopassword=y pass={SECRET}
  args = nopassword={SECRET}
  username_filter = !anna pass={SECRET}
  deny = {SECRET}
  flags=R user=vmail argv=/usr/bin/curl --user mail:{SECRET}
policyd unix - n n - 0 spawn argv=/usr/bin/x --password {SECRET}
server_condition = ${{if match{{$3}}{{^{SECRET}\\$}}}}
server_condition = ${{if eq{{${{2}}}}{{{SECRET}}}}}
server_condition = ${{if inlist{{$2}}{{{SECRET}}}}}
server_condition = ${{if eq{{${{lc:$2}}}}{{{SECRET}}}}}
auth_advertise_hosts = ${{lookup ldap{{user="cn=x" pass={SECRET} ldap://h/}}{{*}}{{}}}}
auth_advertise_hosts = ${{if eq{{$auth2}}{{{SECRET}}}{{*}}{{}}}}
data = ${{lookup mysql,servers=db/mail/u/{SECRET}{{select 1}}}}
smtp_sasl_password_maps = regexp:{{{{/^/ user:{SECRET}}}}}
smtp_sasl_password_maps = pcre:{{{{/^/ user:{SECRET}}}}}
smtp_sasl_password_maps = randmap:{{{SECRET}}}
AUTHPASS = {SECRET}
MASTERPW = {SECRET}
pwd={SECRET}
# the old one was {SECRET}
auth_mechanisms = plain login # {SECRET}
bob:{{SHA512-CRYPT}}$6$salt${SECRET}:1000:1000
bob:$6$salt${SECRET}:1000:1000
api_token = {SECRET}
private_key = {SECRET}
""".strip().splitlines()

# What a person has to see in order to judge a change.
SHOWN = """
auth_mechanisms = plain login ntlm
auth_mechanisms = $auth_mechanisms ntlm
#auth_mechanisms = plain ntlm
disable_plaintext_auth = no
auth_allow_cleartext = no
passdb {
passdb passwd-file {
remote 10.1.2.0/24 {
  driver = passwd-file
  args = nopassword=y
  deny = yes
  username_filter = !anna !bob@example.org
  pop3 = no
}
!include auth-passwdfile.conf.ext
!include_try /etc/dovecot/local.conf
ssl = required
ssl_key = </etc/ssl/private/mail.key
ssl_server_key_file = /etc/ssl/private/mail.key
smtpd_sasl_mechanism_filter = !ntlm, static:rest
smtpd_sasl_security_options = noanonymous
smtpd_tls_cert_file = $config_directory/certs/mail.pem
submission inet n       -       y       -       -       smtpd
  -o smtpd_tls_security_level=encrypt
mech_list: PLAIN LOGIN
sasl_mech_list: PLAIN NTLM
pop3_sasl_mech_list: PLAIN
tls_server_key: /etc/ssl/private/cyrus.key
allowplaintext: no
  pop3          cmd="pop3d" listen="pop3" prefork=3
#  pop3          cmd="pop3d" listen="pop3" prefork=3
begin authenticators
spa_ntlm:
  driver = spa
  public_name = NTLM
auth_advertise_hosts = ${if eq{$tls_in_cipher}{}{}{*}}
auth_advertise_hosts = ${if def:tls_in_cipher {*}}
.ifdef TLS
.include /etc/exim4/auth.conf
IMAP_CAPABILITY="IMAP4rev1 AUTH=NTLM"
""".strip().splitlines()


@pytest.mark.parametrize("line", LINES)
def test_a_secret_is_not_shown(line: str) -> None:
    """By itself and among others; that something is left out can be seen."""
    assert SECRET in line
    (alone,) = shown([line])
    assert SECRET not in alone
    assert HIDDEN in alone or UNSEEN in alone
    assert shown(["ssl = yes", line, "protocols = imap"]) == ["ssl = yes", alone, "protocols = imap"]


@pytest.mark.parametrize("line", SHOWN)
def test_what_matters_of_a_change_is_shown(line: str) -> None:
    """Word by word, wherever it stands."""
    assert shown([line]) == [line]
    assert shown(["a = b", line])[1] == line


@pytest.mark.parametrize("value", ['"yes"', "'no'", "$SET:auth_use_winbind"])
def test_a_switch_is_shown_quoted_and_by_reference(value: str) -> None:
    """Its name is that of a mechanism, which no list of settings has."""
    assert shown([f"  ntlm = {value}"]) == [f"  ntlm = {value}"]
    assert shown([f"  passwd = {value}"]) == [f"  passwd = {HIDDEN}"]


def test_names_of_settings_tell_where_one_is() -> None:
    """The value of a password is said to be a secret, any other is left out."""
    assert shown(["mail_location = maildir:~", "dnpass = x", "  args = y"]) == [
        f"mail_location = {UNSEEN}",
        f"dnpass = {HIDDEN}",
        f"  args = {UNSEEN}",
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"smtp_password =\n  {SECRET}\n",
        f"smtp_password =\n# which one?\n\n  {SECRET}\n",
        f"smtp_sasl_password_maps = static:\n  user:{SECRET}\n",
        f"smtp_sasl_password_maps = inline:{{\n  {{ relay.example.org = user:{SECRET} }}\n  }}\n",
        f"  -o {{ smtp_sasl_password_maps = inline:{{\n  {{x=user:{SECRET}}} }} }}\n",
        f"hide mysql_servers = \\\n{SECRET}\n",
        f"hide mysql_servers = localhost/db/ \\\n  mail/ \\\n {SECRET}\n",
        f"password = <<<END\n{SECRET}\n{SECRET}\nEND\n",
        f"server_condition = ${{if eq{{{SECRET}}} \\\n  {{$auth3}}}}\n",
        f"-----BEGIN PRIVATE KEY-----\n{'A' * 64}\n{SECRET}\n-----END PRIVATE KEY-----\n",
        f"-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\n{SECRET}\n-----END RSA PRIVATE KEY-----\n",
    ],
)
def test_secrets_over_several_lines_are_not_shown(text: str) -> None:
    """Whatever lines they lie on; and what follows is."""
    told = shown([*text.splitlines(), "ssl = yes", "protocols = imap"])
    assert SECRET not in "\n".join(told)
    assert told[-2:] == ["ssl = yes", "protocols = imap"]


def test_a_folded_list_is_shown_whole() -> None:
    """A line without a name goes on with the setting above it."""
    lines = ["smtpd_sasl_mechanism_filter =", "  plain,", "\tlogin", "relayhost =", "  hunter2"]
    assert shown(lines) == [*lines[:4], f"  {UNSEEN}"]


@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("mech_list: PLAIN LOGIN # NTLM", "mech_list: PLAIN LOGIN # NTLM"),
        ("mech_list: PLAIN LOGIN #", "mech_list: PLAIN LOGIN #"),
        (f"sasl_mech_list: PLAIN # not NTLM, {SECRET}", f"sasl_mech_list: PLAIN # {UNSEEN}"),
        (f"mech_list: PLAIN #{SECRET} NTLM", f"mech_list: PLAIN # {UNSEEN} NTLM"),
        (f"mech_list: PLAIN {{{SECRET}}} @{SECRET} NTLM", f"mech_list: PLAIN {UNSEEN} NTLM"),
        (f"auth_mechanisms = plain {{{SECRET}}} ntlm", f"auth_mechanisms = plain {UNSEEN} ntlm"),
        (f"ssl_cert = /c.pem # NTLM {SECRET}", f"ssl_cert = /c.pem # {UNSEEN}"),
    ],
)
def test_mechanisms_of_a_list_are_shown_wherever_they_stand(line: str, told: str) -> None:
    """To Cyrus SASL a # begins no comment: what a change takes away behind it has to be seen, and nothing else."""
    assert shown([line]) == [told]


@pytest.mark.parametrize("value", ["yes", "no", "nopassword=y"])
def test_a_secret_is_told_as_one_whatever_it_is(value: str) -> None:
    """Even one that reads like a switch."""
    assert shown([f"dnpass = {value}"]) == [f"dnpass = {HIDDEN}"]


def test_every_line_stays_a_line() -> None:
    """A diff counts on it."""
    lines = [*LINES, *SHOWN, "-----BEGIN PRIVATE KEY-----", "", "x" * 5_000]
    assert len(shown(lines)) == len(lines)


def test_no_line_takes_long() -> None:
    """However it is made to be ambiguous."""
    began = time.monotonic()
    shown(
        [*(f"auth_advertise_hosts = ${{if{part * 60}x" for part in ("  eq", "{ ", "tls_", " def:")), " a" * 190 + "{x"]
    )
    shown(
        [
            "username_filter = " + "!anna " * 60 + "{",
            "-o {" * 90,
            "a " * 190,
            "\t" * 380 + "#",
            'x cmd="' + "a " * 180,
            "x" * 200_000,
            "inet " * 40_000,
        ]
    )
    assert time.monotonic() - began < 2


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (None, None),
        ("plain login ntlm", "plain login ntlm"),
        ("${if eq{$tls_in_cipher}{}{}{*}}", "${if eq{$tls_in_cipher}{}{}{*}}"),
        (f"${{lookup ldap{{pass={SECRET} ldap://h/}}}}", UNSEEN),
        (f"ldap://u:{SECRET}@h", UNSEEN),
    ],
)
def test_a_value_that_is_spoken_of(value: str | None, told: str | None) -> None:
    """Lists, paths and conditions of TLS are; what looks things up is not."""
    assert shown_value(value) == told


@given(
    st.lists(st.sampled_from([*LINES, "  and goes on", "# a comment", "", "ssl = yes", "  ssl = no"])),
    st.data(),
)
def test_a_part_is_shown_as_in_the_whole(lines: list[str], data: st.DataObject) -> None:
    """A line that goes on is masked as the setting above it, wherever one begins to look."""
    first = data.draw(st.integers(0, len(lines)))
    last = data.draw(st.integers(first, len(lines)))
    assert shown(lines, first, last) == shown(lines)[first:last]
