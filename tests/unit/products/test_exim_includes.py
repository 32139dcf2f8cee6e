"""Which file an `.include` of Exim's means: what `exim -bP` of 4.96 said of the same files."""

from tests.unit.products.answering import answered
from tightlip.model.posture import NoteKind
from tightlip.model.remedy import WithdrawMechanism
from tightlip.products import exim
from tightlip.products._product import Files, Instance, Mending

MAIN = "/etc/exim4/exim4.conf"
NTLM_BLOCK = b"spa:\n  driver = spa\n  server_password = x\n"
NTLM = b"begin authenticators\n" + NTLM_BLOCK


def read(**files: bytes) -> Files:
    """The files that are read of these below /etc/exim4, a slash in their names written as two underscores."""
    there = {f"/etc/exim4/{name.replace('__', '/')}.conf": content for name, content in files.items()}
    return answered(exim.PRODUCT.collect(Instance(product="exim", config=MAIN)), there)


def mechanisms(files: Files) -> list[str]:
    """What the service offers."""
    return [offer.name for service in exim.PRODUCT.posture(files).services for offer in service.offers]


def test_a_relative_name_is_one_beside_the_file_that_names_it() -> None:
    """Not beside the main file, and not in the folder that we happen to be in."""
    files = read(exim4=b".include sub/x.conf\n", sub__x=b".include y.conf\n", sub__y=NTLM, y=b"begin acl\n")
    assert [each.path for each in files.files][1:] == ["/etc/exim4/sub/x.conf", "/etc/exim4/sub/y.conf"]
    assert mechanisms(files) == ["NTLM"]


def test_a_relative_name_under_a_condition_is_looked_for_too() -> None:
    """It may hold; what begins with a capital may be a macro of somewhere else."""
    files = read(exim4=b"X = a\n.ifdef X\n.include y.conf\n.endif\n.ifdef Z\n.include ZFILE\n.endif\n", y=NTLM)
    assert [each.path for each in files.files][1:] == ["/etc/exim4/y.conf"]
    assert mechanisms(files) == ["NTLM"]
    assert files.missing == ()


def test_the_ways_back_of_an_include_are_the_host_s_to_walk() -> None:
    """Behind a symbolic link they lead elsewhere than the text of the path says."""
    files = read(exim4=b".include lead/../y.conf\n", y=NTLM)
    assert [each.path for each in files.missing] == ["/etc/exim4/lead/../y.conf"]


def test_a_file_is_read_in_each_section_that_includes_it() -> None:
    """With each section's grammar: among the ACLs it is another thing than among the authenticators."""
    files = read(exim4=b"begin acl\n.include s.conf\nbegin authenticators\n.include s.conf\n", s=NTLM_BLOCK)
    assert mechanisms(files) == ["NTLM"]
    assert [each.path for each in files.files].count("/etc/exim4/s.conf") == 2


def test_a_file_in_two_sections_is_not_edited() -> None:
    """A change of it would be one of both: it is advised on, with the block's place."""
    block = b"ours:\n  driver = spa\n  server_password = x\n  public_name = MSN\n"
    plain = b"begin authenticators\nplain:\n  driver = plaintext\n  server_condition = yes\n  public_name = PLAIN\n"
    files = read(exim4=b"begin routers\n.include s.conf\n" + plain + b".include s.conf\n", s=block)
    assert mechanisms(files) == ["PLAIN", "NTLM"]
    mending = exim.PRODUCT.edit(files, WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert mending.edits == ()
    (advice,) = mending.advice
    assert advice.place is not None
    assert (advice.place.file, advice.place.line) == ("/etc/exim4/s.conf", 2)


def test_a_section_that_an_include_begins_goes_on_behind_it() -> None:
    """An include is taken as its text: what follows belongs to the section that it ends in; it is unread."""
    files = read(exim4=b".include a.conf\n  driver = spa\n  server_password = x\n", a=b"begin authenticators\nspa:\n")
    notes = exim.PRODUCT.posture(files).notes
    assert (NoteKind.UNREAD, MAIN, 2) in [(note.kind, note.file, note.line) for note in notes]


def test_what_begins_its_section_anew_behind_an_include_is_certain() -> None:
    """`begin` says what follows, whatever the include ended in; and so does an include that ends where it began."""
    for inner in (NTLM, b"log_selector = +all\n"):
        notes = exim.PRODUCT.posture(read(exim4=b".include a.conf\nbegin acl\na:\n  accept\n", a=inner)).notes
        assert NoteKind.UNREAD not in [note.kind for note in notes]


def test_a_macro_of_an_included_file_is_put_in_behind_it() -> None:
    """What it names was not seen. The block is advised on, as with any macro, and is a doubt."""
    block = b"own:\n  driver = cyrus_sasl\n  public_name = FOO\n"
    plain = b"plain:\n  driver = plaintext\n  server_condition = yes\n  public_name = PLAIN\n"
    files = read(exim4=b".include m.conf\nbegin authenticators\n" + block + plain, m=b"FOO = NTLM\n")
    assert mechanisms(files) == ["NTLM", "PLAIN"]
    assert [each.line for each in exim.PRODUCT.posture(files).notes if each.kind is NoteKind.DOUBT] == [3]
    mending = exim.PRODUCT.edit(files, WithdrawMechanism())
    assert isinstance(mending, Mending)
    assert (mending.edits, ["holds the macro FOO" in each.text for each in mending.advice]) == ((), [True])


def test_a_path_may_hold_a_macro_of_the_file_that_was_included_before() -> None:
    """One that is there and was not looked at answers NTLM."""
    main = b".include m.conf\nbegin authenticators\n.include_if_exists DIR/a.conf\n"
    assert mechanisms(read(exim4=main, m=b"DIR = sub\n", sub__a=NTLM_BLOCK)) == ["NTLM"]
