"""Dovecot's files: what is read out of them, and what edits make of them."""

import pytest

from tests.unit.syntax.asking import done, told, value
from tests.unit.syntax.shelf import CORPUS
from tightlip.syntax import edits
from tightlip.syntax.edits import Declined, Edits
from tightlip.syntax.lenses.blocks import DOVECOT
from tightlip.syntax.reading import Form, Kind, blocks, effective, settings

V23 = DOVECOT.read((CORPUS / "dovecot/23-ntlm-behind-a-variable.conf").read_bytes())
V24 = DOVECOT.read((CORPUS / "dovecot/24-boolean-lists-and-named-blocks.conf").read_bytes())
ODD = DOVECOT.read((CORPUS / "dovecot/hash-and-quote-where-nobody-expects-them.conf").read_bytes())
POP3 = ("service pop3-login", "inet_listener pop3")


def test_the_last_of_two_settings_takes_effect_and_has_its_place() -> None:
    """With line, comment above and behind, and the variable left as it is written."""
    entry = effective(V23, "auth_mechanisms")
    assert entry is not None
    assert (entry.line, entry.value) == (9, "$auth_mechanisms ntlm")
    assert entry.comment == "scanners\nremove when they are gone"
    assert V23.text[entry.span.start : entry.span.end] == b"auth_mechanisms = $auth_mechanisms ntlm"
    assert [each.line for each in settings(V23, "auth_mechanisms")] == [5, 9]


def test_blocks_name_the_path_of_what_stands_in_them() -> None:
    """Kind and name of a block make one part of the path; blocks of one name are told apart by their entry."""
    assert value(V23, "port", POP3) == "110"
    assert [each.line for each in blocks(V23, ("passdb",))] == [16, 20]
    drivers = list(settings(V23, "driver", ("passdb",)))
    assert [V23.entries[each.within or 0].line for each in drivers] == [16, 20]
    assert effective(V23, "auth_mechanisms", ("local 192.0.2.0/24", "protocol imap")) is not None


def test_includes_and_files_are_told_from_values() -> None:
    """What must be there, what may be there, and a value that a file holds."""
    found = [(each.kind, each.value) for each in V23.entries if each.name.startswith("!")]
    assert found == [(Kind.INCLUDE_IF_THERE, "/etc/dovecot/local.conf"), (Kind.INCLUDE, "conf.d/*.conf")]
    key = effective(V23, "ssl_key")
    assert key is not None
    assert (key.form, key.value) == (Form.FILE, "/etc/ssl/private/mail.key")


def test_quotes_and_hashes_are_read_as_dovecot_reads_them() -> None:
    """An apostrophe opens a quote that hides #; a # without a space in front begins a comment all the same."""
    assert told(ODD.entries) == [
        ("auth_username_chars", "abcdefghijklmnopqrstuvwxyz#$"),
        ("login_greeting", "it's # all of this is the value"),
        ("mail_location", "maildir:~/Maildir"),
        ("auth_mechanisms", "plain ntlm"),
        ("auth_realms", ""),
        ("auth_default_realm", "  spaces  "),
        ("service imap-login/process_min_avail", "4"),
        ("service imap-login/service_count", "0"),
    ]


def test_the_lists_and_names_of_24_are_read() -> None:
    """Boolean lists, quoted names of blocks, groups."""
    assert value(V24, "pop3", ("protocols",)) == "yes"
    assert effective(V24, "special_use", ("namespace inbox", "mailbox Sent Items")) is not None
    assert effective(V24, "quota_storage_size", ("group @quota default",)) is not None


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("a = b\nprotocols { pop3 = yes }\n", 2),
        ("service x {\n}\n}\n", 3),
        ("service x {\n  a = b\n", 1),
        ("a = b \\\n# gone\nc = d\n", 1),
        ("a = b \\\n", 1),
        ("a = b\nauth_mechanisms\n", 2),
        ("a = b\n= c\n", 2),
        ("a = b\n} else {\n", 2),
        ("a = \x00b\n", 1),
        ("a = \rb\n", 1),
        ("service x{\n}\n", 1),
    ],
)
def test_what_dovecot_would_not_take_is_named_by_its_line(text: str, line: int) -> None:
    """One-line blocks, braces without partner, dropped continuations, loose words, control characters."""
    reading = DOVECOT.read(text.encode())
    assert reading.unread[0].line == line
    assert edits.set_value(reading, "a", "c") == edits.Unreadable(reading.unread)


def test_a_word_goes_out_of_a_list() -> None:
    """From the setting that takes effect; its spacing and its comment stay."""
    text = "auth_mechanisms = plain   ntlm  login # list\n"
    reading = DOVECOT.read(text.encode())
    assert done(reading, edits.remove_words(reading, "auth_mechanisms", ["NTLM"])) == text.replace("   ntlm", "")
    assert done(reading, edits.remove_words(reading, "auth_mechanisms", ["plain"])) == text.replace("plain   ", "")
    quoted = DOVECOT.read(b"auth_mechanisms = 'ntlm plain'\n")
    assert done(quoted, edits.remove_words(quoted, "auth_mechanisms", ["ntlm"])) == "auth_mechanisms = 'plain'\n"


def test_a_word_goes_out_of_a_folded_list() -> None:
    """With the continuation that led to it, whether it is in the middle or last; line ends stay CRLF."""
    text = (CORPUS / "dovecot/crlf-without-a-last-line-end.conf").read_bytes()
    reading = DOVECOT.read(text)
    after = done(reading, edits.remove_words(reading, "auth_mechanisms", ["ntlm"]))
    assert after.encode("latin-1") == text.replace(b" \\\r\n\tntlm", b"")
    after = done(reading, edits.remove_words(reading, "auth_mechanisms", ["login"]))
    assert after.encode("latin-1") == text.replace(b" \\\r\n  login", b"")


def test_a_list_is_never_left_empty() -> None:
    """An empty auth_mechanisms would lock everybody out."""
    reading = DOVECOT.read(b"auth_mechanisms = ntlm\n")
    outcome = edits.remove_words(reading, "auth_mechanisms", ["ntlm"])
    assert outcome == Declined("nothing would be left of auth_mechanisms", 1)


def test_setting_a_value_changes_the_place_that_takes_effect() -> None:
    """Quotes come where the value needs them; what stands in quotes stays in quotes."""
    text = V23.text.decode()
    assert done(V23, edits.set_value(V23, "port", "0", POP3)) == text.replace("port = 110", "port = 0")
    changed = done(V23, edits.set_value(V23, "auth_mechanisms", "plain # x"))
    assert changed == text.replace("= $auth_mechanisms ntlm ", '= "plain # x" ')
    changed = done(V23, edits.set_value(V23, "ssl_key", "/k.pem", form=Form.FILE))
    assert changed == text.replace("< /etc/ssl/private/mail.key", "</k.pem")
    assert done(ODD, edits.set_value(ODD, "auth_realms", "x")) == ODD.text.decode().replace("realms =", "realms = x")


def test_a_setting_that_is_not_there_comes_behind_its_siblings() -> None:
    """Indented as they are, with the blocks it needs."""
    added = done(V23, edits.set_value(V23, "port", "0", ("service imap-login", "inet_listener imap")))
    assert added == V23.text.decode() + "service imap-login {\n  inet_listener imap {\n    port = 0\n  }\n}\n"
    added = done(ODD, edits.set_value(ODD, "client_limit", "7", ("service imap-login",)))
    assert added.endswith("   service_count = 0 # fast\n   client_limit = 7\n}\n")
    empty = DOVECOT.read(b"  service x {\n  }")
    assert done(empty, edits.set_value(empty, "a", "b", ("service x",))) == "  service x {\n    a = b\n  }"
    assert done(empty, edits.set_value(empty, "a", "b")) == "  service x {\n  }\na = b"


def test_which_of_two_nameless_blocks_is_not_guessed() -> None:
    """By name it is refused; by entry it is done."""
    outcome = edits.set_value(V23, "driver", "x", ("passdb",))
    assert isinstance(outcome, Declined)
    assert isinstance(edits.set_value(V23, "args", "x", ("userdb",)), Edits)
    second = list(settings(V23, "driver", ("passdb",)))[1]
    assert done(V23, edits.change(V23, second, "x")) == V23.text.decode().replace("driver = pam", "driver = x")


def test_blocks_are_added_and_removed() -> None:
    """Last in their parent, or before an entry; with their lines."""
    deny = {"driver": "passwd-file", "args": "/etc/dovecot/deny", "deny": "yes"}
    text = V23.text.decode()
    block = "passdb {\n  driver = passwd-file\n  args = /etc/dovecot/deny\n  deny = yes\n}\n"
    first = next(blocks(V23, ("passdb",)))
    assert done(V23, edits.add_block(V23, ("passdb",), deny, before=first)) == text.replace(
        "passdb {", block + "passdb {", 1
    )
    inner = "".join(f"  {line}\n" for line in block.splitlines())
    expected = text.replace("$mail_plugins quota\n", "$mail_plugins quota\n" + inner)
    assert done(V23, edits.add_block(V23, ("protocol pop3", "passdb"), deny)) == expected
    removed = done(V23, edits.remove_block(V23, ("service pop3-login", "inet_listener pop3s")))
    assert removed == text.replace("  inet_listener pop3s {\n    port = 995\n    ssl = yes\n  }\n", "")


def test_edits_in_turn_are_one_edit() -> None:
    """Of the original text; a refusal anywhere is the refusal of all."""
    text = V23.text.decode()
    outcome = edits.in_turn(
        V23,
        lambda now: edits.remove_words(now, "auth_mechanisms", ["ntlm"]),
        lambda now: edits.set_value(now, "auth_use_winbind", "no"),
        lambda now: edits.remove_setting(now, "auth_winbind_helper_path"),
    )
    expected = text.replace(" ntlm ", " ").replace("winbind = yes", "winbind = no")
    assert done(V23, outcome) == expected.replace("auth_winbind_helper_path = /usr/bin/ntlm_auth\n", "")
    refused = edits.in_turn(V23, lambda now: edits.set_value(now, "ssl", "yes"), lambda _: Declined("no"))
    assert refused == Declined("no")


def test_other_bytes_stay_what_they_are() -> None:
    """Latin-1 beside UTF-8 goes through an edit unharmed."""
    text = (CORPUS / "dovecot/latin1-beside-utf8.conf").read_bytes()
    reading = DOVECOT.read(text)
    assert [value(reading, name) for name in ("login_greeting", "auth_realms")] == ["Grüße", "école"]
    after = done(reading, edits.set_value(reading, "ssl", "required")).encode("latin-1")
    assert after == text.replace(b"ssl=yes", b"ssl=required")
