"""ManageSieve's responses are read as RFC 5804 section 4 writes them, quoted or counted, and never trip."""

import pytest

from tightlip.protocols._sentences import Sentence, hear_sentence
from tightlip.talk.session import Session
from tightlip.talk.steps import Dialogue

TABLE: list[tuple[bytes, bytes, bytes, tuple[bytes, ...]]] = [
    (b"OK\r\n", b"OK", b"", ()),
    (b'ok "done"\r\n', b"OK", b"", (b"done",)),
    (b'NO (TRYLATER) "later"\r\n', b"NO", b"TRYLATER", (b"later",)),
    (b'BYE (REFERRAL "sieve://other.example") "moved"\r\n', b"BYE", b"REFERRAL SIEVE://OTHER.EXAMPLE", (b"moved",)),
    (b'"SASL" "PLAIN NTLM"\r\n', b"", b"", (b"SASL", b"PLAIN NTLM")),
    (b'"a \\"b\\" \\\\ c" ""\r\n', b"", b"", (b'a "b" \\ c', b"")),
    (b'"not {3}"\r\n', b"", b"", (b"not {3}",)),
    (b"{3}\r\n\r\nx\r\n", b"", b"", (b"\r\nx",)),
    (b'"SASL" {4+}\r\nNTLM "x"\r\n', b"", b"", (b"SASL", b"NTLM", b"x")),
    (b'NO ({8}\r\nTRYLATER) "x"\r\n', b"NO", b"TRYLATER", (b"x",)),
    (b"{0}\r\n\r\n", b"", b"", (b"",)),
    (b'"unclosed\r\n', b"", b"", (b"unclosed",)),
    (b")(\r\n", b"", b"", ()),
    (b"\r\n", b"", b"", ()),
]


def heard(data: bytes) -> list[Sentence]:
    """The sentences in ``data``."""
    sentences: list[Sentence] = []

    def listen() -> Dialogue:
        while True:
            sentences.append((yield from hear_sentence()))

    session = Session(listen())
    session.begin()
    session.receive(data)
    session.close()
    return sentences


@pytest.mark.parametrize(("data", "word", "code", "strings"), TABLE, ids=[repr(row[0]) for row in TABLE])
def test_one_response(data: bytes, word: bytes, code: bytes, strings: tuple[bytes, ...]) -> None:
    """Word, code and strings are told apart, and the next response begins where this one ends."""
    first, second = heard(data + b"BYE\r\n")
    assert (first.word, first.code, first.strings) == (word, code, strings)
    assert second.word == b"BYE"
