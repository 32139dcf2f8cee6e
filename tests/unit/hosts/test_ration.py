"""A host that is read within bounds: what is too much is refused with its reason, and nothing after it is read."""

import pytest

from tests.unit.workflows.audited import DictHost
from tightlip.files.read import TOO_FAR, TOO_LARGE
from tightlip.hosts._ration import MOST_BYTES, MOST_LINES, MOST_PATTERNS, MOST_REQUESTS, Ration, RationedHost
from tightlip.products._product import Absent


def host(**files: bytes) -> DictHost:
    """A host with these files in /etc."""
    return DictHost(files={f"/etc/{name}": content for name, content in files.items()})


def test_what_is_read_counts_each_time_it_is_read() -> None:
    """A file of eight megabytes by five names is forty."""
    ration = Ration()
    rationed = RationedHost(host(**dict.fromkeys("abcde", bytes(8 << 20))), ration)
    answers = [rationed.read(f"/etc/{name}") for name in "abcde"]
    assert [isinstance(each, bytes) for each in answers] == [True, True, True, True, False]
    assert ration.bytes == MOST_BYTES // 2
    assert [(each.path, "32 MiB" in each.why) for each in rationed.cuts] == [("/etc/e", True)]


def test_lines_count_as_well_as_bytes() -> None:
    """Each is a statement that takes some hundred bytes."""
    rationed = RationedHost(host(a=b"\n" * (MOST_LINES // 2), b=b"\n"), Ration())
    assert isinstance(rationed.read("/etc/a"), bytes)
    assert isinstance(rationed.read("/etc/b"), Absent)


def test_after_the_first_that_is_refused_none_is_read() -> None:
    """What was left out might have said otherwise, so that it is said once, and nothing goes on."""
    rationed = RationedHost(host(large=b"\n" * MOST_LINES, small=b"x"), Ration())
    assert isinstance(rationed.read("/etc/large"), Absent)
    assert isinstance(rationed.read("/etc/small"), Absent)
    assert [each.path for each in rationed.cuts] == ["/etc/large"]


def test_an_instance_leaves_half_to_those_after_it() -> None:
    """The one that takes what it can does not keep the others from being read."""
    ration = Ration()
    for _ in range(5):
        greedy = RationedHost(host(a=b"x\n" * 1_000), ration)
        while isinstance(greedy.read("/etc/a"), bytes):
            pass
    assert isinstance(RationedHost(host(a=b"x\n" * 1_000), ration).read("/etc/a"), bytes)


def test_requests_are_counted_also_where_nothing_is_there() -> None:
    """Includes of files that are missing cost time all the same."""
    rationed = RationedHost(host(a=b"x"), Ration())
    for number in range(MOST_REQUESTS):
        assert rationed.read(f"/etc/none{number}") == Absent("No such file or directory")
    assert isinstance(rationed.read("/etc/a"), Absent)
    assert f"{MOST_REQUESTS:,}" in rationed.cuts[0].why


def test_patterns_are_counted_and_told_within_bounds() -> None:
    """Half of them, as of all else; those that are cut off are not all told."""
    rationed = RationedHost(host(a=b"x"), Ration())
    for number in range(MOST_PATTERNS // 2):
        rationed.matching(f"/etc/{number}*")
    assert rationed.cuts == []
    for number in range(1_000):
        assert rationed.matching(f"/etc/{number}*").files == ()
    assert len(rationed.cuts) == 100
    assert RationedHost(host(a=b"x"), Ration()).matching("/etc/*").files == ("/etc/a",)


@pytest.mark.parametrize("why", [TOO_LARGE, TOO_FAR])
def test_what_the_host_itself_does_not_read_is_told(why: Absent) -> None:
    """The product would read it, so that nobody can say what it holds; the others are read."""

    class Bounded(DictHost, frozen=True):
        """One whose file a is beyond its bounds."""

        def read(self, path: str) -> bytes | Absent:
            """All but that."""
            return why if path == "/etc/a" else super().read(path)

    rationed = RationedHost(Bounded(files={"/etc/b": b"x"}), Ration())
    assert (rationed.read("/etc/a"), rationed.read("/etc/b")) == (why, b"x")
    assert [each.path for each in rationed.cuts] == ["/etc/a"]


@pytest.mark.parametrize("path", ["a", "etc/a", "../etc/a", ""])
def test_a_path_that_is_not_absolute_is_no_path(path: str) -> None:
    """It would be one of the folder that we happen to be in."""
    assert RationedHost(host(a=b"x"), Ration()).read(path) == Absent("it is no absolute path")
