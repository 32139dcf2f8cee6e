"""Which file an `.include` of Exim's means: what `exim -bP` of 4.96 said of the same files."""

from tests.unit.products.answering import answered
from tightlip.products import exim
from tightlip.products._product import Files, Instance

MAIN = "/etc/exim4/exim4.conf"
NTLM = b"begin authenticators\nspa:\n  driver = spa\n  server_password = x\n"


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
