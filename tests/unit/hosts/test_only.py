"""Files that were named, and nothing else: what was not named may be there all the same."""

from tests.unit.workflows.audited import DictHost
from tightlip.hosts._only import OnlyFiles
from tightlip.products._product import Absent


def test_what_was_not_named_is_hidden_and_not_gone() -> None:
    """What a named file that is not there says is known: nothing."""
    only = OnlyFiles(DictHost(files={"/a": b"a", "/b": b"b"}), ("/a", "/c"))
    assert only.read("/a") == b"a"
    unnamed, gone = only.read("/b"), only.read("/c")
    assert isinstance(unnamed, Absent)
    assert isinstance(gone, Absent)
    assert (unnamed.hidden, gone.hidden) == (True, False)
