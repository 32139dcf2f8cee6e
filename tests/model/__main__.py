"""Show one of these servers again: ``python -m tests.model SEED [polite | thorough]``."""

import sys

from tests.model.judging import shown
from tightlip.model.observation import Depth

print(shown(sys.argv[1], Depth(sys.argv[2] if sys.argv[2:] else "thorough")))
