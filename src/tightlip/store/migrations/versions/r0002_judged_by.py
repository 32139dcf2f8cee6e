"""Which version judged a run's observations, written beside each run."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; every run that is there was made, and its observations judged, by 0.1.0."""
    op.add_column("run", sa.Column("judged_by", sa.String, nullable=False, server_default="0.1.0"))
