"""Exim's files: sections and blocks, what hides meaning, and edits that keep off it."""

import pytest

from tests.unit.syntax.asking import done, value
from tests.unit.syntax.shelf import CORPUS
from tightlip.syntax import edits
from tightlip.syntax.edits import Declined
from tightlip.syntax.lenses.sections import EXIM, exim
from tightlip.syntax.reading import Kind, blocks

PLAIN = EXIM.read((CORPUS / "exim/single-file-with-spa.conf").read_bytes())
HIDDEN = EXIM.read((CORPUS / "exim/macros-and-conditions.conf").read_bytes())
TEXT = PLAIN.text.decode()


def test_authenticators_and_options_are_read() -> None:
    """Drivers in their blocks, folded values without comments between, switches as true and false."""
    drivers = {each.path[-1]: each.value for each in PLAIN.entries if each.full[::2] == ("authenticators", "driver")}
    assert drivers == {"ntlm": "spa", "plain": "plaintext"}
    assert value(PLAIN, "log_selector") == "+smtp_protocol_error +tls_cipher"
    assert value(PLAIN, "local_from_check") == "false"
    assert value(PLAIN, "mysql_servers") == "localhost/mail/exim/secret"
    assert [each.doubt for each in PLAIN.entries if each.doubt] == []


def test_an_authenticator_is_removed_whole() -> None:
    """And nothing but its lines."""
    start, end = TEXT.index("ntlm:\n"), TEXT.index("\nplain:\n")
    assert done(PLAIN, edits.remove_block(PLAIN, ("authenticators", "ntlm"))) == TEXT[:start] + TEXT[end:]


def test_options_are_set_and_added() -> None:
    """A main option that is not there comes behind the last main option, one of a block into its block."""
    value = "${if eq{$tls_in_cipher}{}{}{*}}"
    after = done(PLAIN, edits.set_value(PLAIN, "auth_advertise_hosts", value))
    assert after == TEXT.replace("auth_advertise_hosts = *", f"auth_advertise_hosts = {value}")
    after = done(PLAIN, edits.set_value(PLAIN, "tls_advertise_hosts", "*"))
    assert after == TEXT.replace("= acl_check_rcpt\n", "= acl_check_rcpt\ntls_advertise_hosts = *\n")
    after = done(PLAIN, edits.set_value(PLAIN, "server_debug_print", "x", ("authenticators", "ntlm")))
    assert after == TEXT.replace("$auth1\n\n", "$auth1\n  server_debug_print = x\n\n")
    assert edits.set_value(PLAIN, "a", "b", ("authenticators", "none")) == Declined("no block none")


def test_what_hides_the_meaning_is_said() -> None:
    """Conditions by their line, macros by their name, likely macros of elsewhere as such."""
    doubts = {(each.line, each.doubt) for each in HIDDEN.entries if each.doubt}
    assert doubts == {
        (4, "depends on .ifdef TLS_ALWAYS in line 3"),
        (6, "depends on .ifdef TLS_ALWAYS in line 3"),
        (8, "holds the macro CONFDIR"),
        (10, "holds the macro CONFDIR"),
        (11, "holds MAIN_LOCAL_INTERFACES, which may be a macro that is defined elsewhere"),
        (14, "holds the macro NTLM_DRIVER"),
        (20, "depends on .ifndef NO_PASSWORDS in line 19"),
    }


def test_what_is_hidden_is_not_edited() -> None:
    """The answer is the doubt and its line; a block without doubts, or with none but its options', can go."""
    hosts = edits.set_value(HIDDEN, "auth_advertise_hosts", "")
    assert hosts == Declined("depends on .ifdef TLS_ALWAYS in line 3", 4)
    first = edits.remove_block(HIDDEN, ("authenticators", "first"))
    assert first == Declined("holds the macro NTLM_DRIVER", 14)
    second = done(HIDDEN, edits.remove_block(HIDDEN, ("authenticators", "second")))
    assert "public_name = NTLM\nthird:" in second
    password = edits.set_value(HIDDEN, "server_password", "y", ("authenticators", "second"))
    assert password == Declined("depends on .ifndef NO_PASSWORDS in line 19", 20)
    assert done(HIDDEN, edits.remove_block(HIDDEN, ("authenticators", "third"))).endswith(".endif\n")


_BLOCKS = "begin authenticators\na:\n  driver = spa\n{}b:\n  driver = plaintext\n  public_name = PLAIN\n"


@pytest.mark.parametrize(
    "inside",
    [
        "  server_password = ${lookup{$auth1}lsearch{CONFDIR/spa}{$value}fail}\n",
        ".ifndef CLEAR\n  server_advertise_condition = x\n.else\n  server_advertise_condition = y\n.endif\n",
        ".ifdef A\n.ifdef B\n  server_debug_print = x\n.endif\n.endif\n  server_password = x\n",
        ".ifdef A\n.endif\n",
    ],
)
def test_a_doubt_of_an_option_is_none_of_its_block(inside: str) -> None:
    """A macro in a value, a condition that begins and ends inside: the block goes with all of it, and nothing else."""
    text = "CONFDIR = /etc/exim4\n" + _BLOCKS.format(inside)
    reading = EXIM.read(text.encode())
    assert reading.is_whole
    assert done(reading, edits.remove_block(reading, ("authenticators", "a"))) == text.replace(
        f"a:\n  driver = spa\n{inside}", ""
    )


@pytest.mark.parametrize(
    ("inside", "why"),
    [
        ("  public_name = CONFDIR\n", "holds the macro CONFDIR"),
        (".ifdef A\n  public_name = NTLM\n.endif\n", "depends on .ifdef A in line 5"),
        (".ifdef A\n  client_password = x\n.endif\n", "depends on .ifdef A in line 5"),
        ("  server_CONFDIR = x\n", "holds the macro CONFDIR"),
        (".ifdef A\n  server_password = x\nc:\n  driver = spa\n.endif\n", "afterwards the file could not be read"),
        ("  server_password = x\nOTHER = 1\n  server_set_id = x\n", "cannot say this"),
    ],
)
def test_a_doubt_of_what_makes_the_block_keeps_it(inside: str, why: str) -> None:
    """Its names, its client side, a condition that goes on behind it, a definition for those below."""
    reading = EXIM.read(("CONFDIR = /etc/exim4\n" + _BLOCKS.format(inside)).encode())
    refusal = edits.remove_block(reading, ("authenticators", "a"))
    assert isinstance(refusal, Declined)
    assert why in refusal.why


@pytest.mark.parametrize(
    ("head", "name", "doubt"),
    [
        ("PLAIN:", "PLAIN", ""),
        ("Login_2 :", "Login_2", ""),
        ("AUTH_PLAIN:", "AUTH_PLAIN", "holds AUTH_PLAIN, which may be a macro that is defined elsewhere"),
        ("xCONFDIR:", "xCONFDIR", "holds the macro CONFDIR"),
    ],
)
def test_a_block_may_be_called_in_capitals(head: str, name: str, doubt: str) -> None:
    """As in the configuration that Exim comes with: where no macro is known to stand in it, it is a name."""
    reading = EXIM.read(f"CONFDIR = /x\nbegin authenticators\n{head}\n  driver = plaintext\n".encode())
    assert reading.is_whole
    (block,) = blocks(reading, ("authenticators", name))
    assert block.doubt == doubt


def test_a_macro_that_stands_for_a_block_is_unread() -> None:
    """A known one, with a colon behind it or none; capitals in front of a colon are no block of the main section."""
    for text in ("CONFDIR = /x\nbegin authenticators\nCONFDIR:\n", "begin routers\nSOME_ROUTERS\n", "PLAIN:\n"):
        reading = EXIM.read(text.encode())
        assert [each.line for each in reading.unread] == [text.count("\n")]


def test_a_macro_is_seen_inside_of_a_word() -> None:
    """Exim replaces it there too; one that was defined in another file can be told to the lens."""
    text = b"x = aFOOb\ny = BAR\n"
    assert [each.doubt for each in exim(macros=frozenset({"FOO", "BAR"})).read(text).entries] == [
        "holds the macro FOO",
        "holds the macro BAR",
    ]
    assert [each.doubt for each in EXIM.read(text).entries] == ["", ""]


def test_an_include_leaves_the_block_before_it_uncertain() -> None:
    """The file may go on with the block, or begin one to which the next option belongs."""
    reading = EXIM.read(b"begin authenticators\na:\n  driver = spa\n.include x\nb:\n  driver = spa\n")
    assert edits.remove_block(reading, ("authenticators", "a")) == Declined(
        "includes a file that may go on with the block", 4
    )
    assert "b:" not in done(reading, edits.remove_block(reading, ("authenticators", "b")))
    assert EXIM.read(b"begin authenticators\na:\n.include x\n  driver = spa\n").unread[0].line == 4


def test_a_fragment_belongs_to_its_section() -> None:
    """Debian's conf.d: the folder says which."""
    text = (CORPUS / "exim_authenticators/30_local_spa").read_bytes()
    reading = exim("authenticators").read(text)
    assert [each.name for each in reading.entries if each.kind is Kind.BLOCK] == ["spa_server", "cram"]
    after = done(reading, edits.remove_block(reading, ("authenticators", "spa_server")))
    assert after.encode() == text[: text.index(b"spa_server")] + text[text.index(b"cram:") :]
    assert list(blocks(reading, ("authenticators", "cram")))


@pytest.mark.parametrize(
    ("text", "line"),
    [
        (".endif\n", 1),
        ("a = b\n.ifdef X\n", 2),
        ("a = b\nSOME_MACRO\n", 2),
        ("begin nonsense\n", 1),
        ("begin routers\ndriver = x\n", 2),
        ("a = b \\\n.ifdef X\nc\n.endif\n", 1),
        ("a = b\\\n", 1),
        ("a + b\n", 1),
    ],
)
def test_what_cannot_be_understood_is_named_by_its_line(text: str, line: int) -> None:
    """Conditions without partner or in the middle of a statement, macros for statements, what is no option."""
    assert EXIM.read(text.encode()).unread[0].line == line


def test_the_head_of_a_block_may_hold_a_macro() -> None:
    """It is a block with a doubt; options behind a head that is none belong to no block."""
    read = EXIM.read(b"PLN = x\nbegin authenticators\na:\n  driver = spa\nPLN_b:\n  driver = plaintext\n")
    assert [(each.name, each.doubt) for each in blocks(read, ("authenticators", "PLN_b"))] == [
        ("PLN_b", "holds the macro PLN")
    ]
    assert [each.path for each in read.entries if each.name == "driver"] == [
        ("authenticators", "a"),
        ("authenticators", "PLN_b"),
    ]
    unread = EXIM.read(b"begin authenticators\na:\n  driver = spa\nb-c:\n  driver = plaintext\n")
    assert [each.path for each in unread.entries if each.name == "driver"] == [("authenticators", "a")]
    assert [each.line for each in unread.unread] == [4, 5]


@pytest.mark.parametrize(
    ("quoted", "meant"),
    [
        (r"NT\x4cM", "NTLM"),
        (r"NT\x4CM", "NTLM"),
        (r"NT\114M", "NTLM"),
        (r"\x9M", "\tM"),
        (r"\0619", "19"),
        (r"\8\z", "8z"),
        (r"a\nb\tc\rd\be\ff\vg", "a\nb\tc\rd\be\ff\vg"),
        (r"say \"x\\y\"", 'say "x\\y"'),
        (r"NTLM\xnothing", "NTLM"),
        (r"NTLM\0", "NTLM"),
    ],
)
def test_escapes_in_quotes_are_read(quoted: str, meant: str) -> None:
    """As string_interpret_escape() of Exim 4.96 does; a NUL, however it is spelled, ends a string of C."""
    assert value(EXIM.read(f'public_name = "{quoted}"\n'.encode()), "public_name") == meant


def test_outside_of_quotes_a_backslash_stands_for_itself() -> None:
    """Exim copies such a value as it is."""
    assert value(EXIM.read(b"public_name = NT\\x4cM\n"), "public_name") == "NT\\x4cM"


def test_what_is_written_in_quotes_is_read_back() -> None:
    """Line feeds are escaped: a raw one would end the statement."""
    reading = EXIM.read(b'log_selector = "a"\n')
    after = done(reading, edits.set_value(reading, "log_selector", 'b\n\t"\\'))
    assert after == 'log_selector = "b\\012\\011\\"\\\\"\n'
