"""The ledger of a walk, against a simple model: the watermark is the first position that is not done."""

from collections.abc import Callable

from hypothesis import given
from hypothesis import strategies as st

from tightlip.targets.ledger import Ledger


@given(data=st.data(), start=st.integers(0, 50), counts=st.lists(st.integers(0, 3), max_size=12))
def test_everything_below_the_watermark_is_done(data: st.DataObject, start: int, counts: list[int]) -> None:
    """Whatever the order of closing, and whatever is added on the way, the watermark is where the model says."""
    ledger, left = Ledger(start), dict[int, int]()
    position = start

    def open_next() -> None:
        nonlocal position
        ledger.open(position, counts[position - start])
        left[position] = counts[position - start]
        position += 1

    def close_one() -> None:
        closed = data.draw(st.sampled_from([at for at, items in left.items() if items]))
        if data.draw(st.integers(0, 3)) == 0:
            ledger.add(closed, 2)
            left[closed] += 2
        ledger.close(closed)
        left[closed] -= 1

    for _ in range(200):
        moves: list[Callable[[], None]] = []
        moves += [open_next] if position < start + len(counts) else []
        moves += [close_one] if any(left.values()) else []
        if not moves:
            break
        data.draw(st.sampled_from(moves))()
        undone = [at for at, items in left.items() if items]
        assert ledger.watermark == min(undone, default=position)


def test_a_closed_position_is_forgotten() -> None:
    """Memory holds what lies above the watermark only: a long walk leaves nothing behind."""
    ledger = Ledger()
    for position in range(10_000):
        ledger.open(position, 1)
        ledger.close(position)
    assert ledger.watermark == 10_000
    assert not vars(ledger)["_open"]
