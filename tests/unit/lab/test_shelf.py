"""Choosing talks: by protocol, by claim, from a file."""

from pathlib import Path

import pytest

from tests.unit.lab.talk_texts import HEADER
from tightlip.lab.shelf import SIZE_LIMIT, chosen_talks, shipped_talks, talk_from
from tightlip.model.errors import UsageError

POP3 = [talk for talk in shipped_talks() if talk.protocol == "pop3"]


@pytest.fixture
def own_file(tmp_path: Path) -> Path:
    """A talk that a user wrote."""
    file = tmp_path / "says-hello.talk"
    file.write_text(HEADER + "S: hello\n")
    return file


def test_without_words_all_are_chosen() -> None:
    """Nothing said means everything that ships."""
    assert chosen_talks([]) == shipped_talks()


def test_a_protocol_chooses_its_talks() -> None:
    """A protocol's name stands for all its talks."""
    assert chosen_talks(["pop3"]) == tuple(POP3)


def test_a_claim_chooses_every_talk_that_makes_it() -> None:
    """A claim stands for itself in all protocols; with its protocol for one talk."""
    everywhere = chosen_talks(["too-many-connections"])
    assert {talk.claim for talk in everywhere} == {"too-many-connections"}
    assert chosen_talks(["pop3/too-many-connections"]) == tuple(each for each in everywhere if each.protocol == "pop3")


def test_a_talk_chosen_twice_is_served_once() -> None:
    """Words may overlap."""
    assert len(chosen_talks(["pop3/too-many-connections", "pop3"])) == len(POP3)


def test_an_unknown_word_is_a_usage_error() -> None:
    """The hint names what comes close."""
    with pytest.raises(UsageError) as caught:
        chosen_talks(["to-many-conections"])
    assert caught.value.message == "no practice server 'to-many-conections'"
    assert "too-many-connections" in caught.value.hint


def test_a_file_of_the_users_is_read(own_file: Path) -> None:
    """The claim is the file's name without its ending."""
    assert [talk.claim for talk in chosen_talks([str(own_file)])] == ["says-hello"]


@pytest.mark.parametrize(
    ("data", "complaint"), [(b"caf\xe9", "not UTF-8 at byte 3"), (b"x" * (SIZE_LIMIT + 1), "larger than 1000000 bytes")]
)
def test_a_file_that_is_no_text_is_a_usage_error(tmp_path: Path, data: bytes, complaint: str) -> None:
    """Neither bytes nor size of a user's file lead to anything but one line."""
    file = tmp_path / "odd.talk"
    file.write_bytes(data)
    with pytest.raises(UsageError, match=complaint):
        talk_from(file)


def test_a_missing_file_is_a_usage_error(tmp_path: Path) -> None:
    """The machine's reason is told."""
    with pytest.raises(UsageError, match="No such file"):
        talk_from(tmp_path / "none.talk")
