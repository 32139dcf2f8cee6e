"""Servers drawn at random, asked thoroughly: none that gives a challenge is called clean, whatever its manners."""

import os
from secrets import token_hex

import pytest

from tests.house.told import Tell
from tests.model.tallies import Tally
from tightlip.model.observation import Depth

SERVERS = int(os.environ.get("TIGHTLIP_MODEL_SERVERS", "10000"))
SEED = os.environ.get("TIGHTLIP_MODEL_SEED") or token_hex(4)


@pytest.mark.timeout(3600)
def test_no_server_is_wrongly_called_clean(record_property: Tell) -> None:
    """Nor absent; only such an asking closes findings, so that none is closed of a server that still discloses."""
    tally = Tally(SEED, Depth.THOROUGH)
    tally.ask(SERVERS)
    record_property("told", tally.told())
    assert not tally.wrong, "\n\n".join(tally.shown())
    assert min(tally.verdicts["clean"], tally.verdicts["discloses"]) > SERVERS / 20
