"""Patterns: what they mean, and what those may cost that are made to hurt; a listing that was cut says so."""

from collections.abc import Iterable

import pytest

from tests.unit.costing import at_most
from tightlip.hosts._patterns import MOST_FILES, MOST_NAMES, Listing, fits, matching


def listed(pattern: str, folders: dict[str, list[str]]) -> Listing:
    """The listing where these folders hold these names, all of which are files as well."""

    def names(path: str) -> Iterable[str]:
        return folders.get(path, ())

    return matching(pattern, names, lambda path: path.rpartition("/")[2] in folders.get(path.rpartition("/")[0], ()))


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("/q/x{y}.conf", ["xy.conf"]),
        ("/q/p{}q.conf", ["pq.conf"]),
        ("/q/{c,{a,b}}.conf", ["c.conf", "a.conf", "b.conf"]),
        ("/q/{{b,a},c}.conf", ["b.conf", "a.conf", "c.conf"]),
        ("/q/{a.conf", ["{a.conf"]),
        ("/q/{a,b}{.conf,zz}", ["a.conf", "b.conf"]),
        ("/q/{c,[ab]}.conf", ["c.conf", "a.conf", "b.conf"]),
        ("/q/*{b,a}.conf", ["b.conf", "a.conf", "{a.conf"]),
    ],
)
def test_braces_are_read_from_the_left_and_in_turn(pattern: str, expected: list[str]) -> None:
    """As doveconf 2.3.19 takes an include: of several files with one setting the last of these won."""
    names = [f"{name}.conf" for name in ("xy", "pq", "c", "b", "a", "{a")]
    assert listed(pattern, {"/q": names}) == Listing(tuple(f"/q/{name}" for name in expected))


def test_a_path_fits_where_one_of_the_ways_to_read_the_braces_does() -> None:
    """The same pattern asked of a single name."""
    assert fits("/q/b.conf", "/q/{a,b}.conf")
    assert not fits("/q/c.conf", "/q/{a,b}.conf")


@pytest.mark.parametrize(
    "pattern",
    [
        "/etc/*{" + "," * 60_000 + "}" + "x" * 60_000,
        "/etc/*" + "{a,b}" * 5_000,
        "/etc/" + "{" * 60_000 + "a,b" + "}" * 60_000,
        "/etc/" + "{a,b}" * 10,
        "/etc/" + "x" * 5_000,
    ],
)
def test_braces_are_written_out_within_bounds_and_the_cut_is_said(pattern: str) -> None:
    """A hundred kilobytes of them would otherwise stand for gigabytes."""
    with at_most(5.0, 50):
        assert listed(pattern, {}).cut


@pytest.mark.parametrize("pattern", ["/etc/{" + "," * 200_000, "/etc/" + "{," * 100_000, "/etc/" + "}" * 200_000])
def test_braces_that_match_nothing_are_looked_at_once(pattern: str) -> None:
    """A comma may be followed by a million others."""
    with at_most(5.0, 100):
        assert listed(pattern, {}).files == ()


def test_too_many_files_names_or_folders_are_said() -> None:
    """What was found so far is told all the same."""
    numbered = {f"{number:06}": "" for number in range(MOST_FILES + 1)}
    files = matching("/a/*", lambda _: numbered, lambda _: True)
    assert (len(files.files), files.cut) == (MOST_FILES, "more than 10,000 files")
    names = listed("/a/*z", {"/a": [f"{number}" for number in range(MOST_NAMES)]})
    assert (names.files, names.cut) == ((), "more than 100,000 names to look at")
    folders = {"/": ["d"], "/d": [f"{number}" for number in range(1_001)]} | {f"/d/{n}": ["f"] for n in range(1_001)}
    many = listed("/d/*/f", folders)
    assert (len(many.files), many.cut) == (1_000, "more than 1,000 folders")


def test_a_deep_pattern_over_many_folders_ends() -> None:
    """A thousand folders, two thousand names below each: the price is counted name by name."""
    folders = {"/d": [f"{number}" for number in range(1_000)]}
    with at_most(5.0, 50):
        assert listed("/d/*" + "/a" * 2_000, folders).cut


def test_a_long_part_counts_for_more() -> None:
    """It takes longer to be held against a name."""
    with at_most(10.0, 50):
        assert listed("/d/" + "*a" * 2_000 + "b", {"/d": [f"{'a' * 240}{number}" for number in range(5_000)]}).cut
