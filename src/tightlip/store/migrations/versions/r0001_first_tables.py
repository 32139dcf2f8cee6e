"""The first tables: runs, spooled targets, observations, findings with their lives."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

_KEY = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Make all tables."""
    _make_runs()
    _make_observations()
    _make_findings()
    _make_what_belongs_to_findings()


def _make_runs() -> None:
    op.create_table(
        "run",
        sa.Column("key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("id", sa.String, nullable=False, unique=True),
        sa.Column("started", sa.BigInteger, nullable=False),
        sa.Column("ended", sa.BigInteger),
        sa.Column("exit", sa.Integer),
        sa.Column("record", sa.LargeBinary, nullable=False),
        sa.Column("summary", sa.LargeBinary),
        sa.Column("spec", sa.LargeBinary),
        sa.Column("watermark", sa.BigInteger, nullable=False),
        sa.Column("tally", sa.LargeBinary),
        sa.Column("spooled", sa.BigInteger),
    )
    op.create_table(
        "spool",
        sa.Column("run_key", _KEY, sa.ForeignKey("run.key"), primary_key=True, autoincrement=False),
        sa.Column("line", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("text", sa.String, nullable=False),
    )


def _make_observations() -> None:
    op.create_table(
        "observation",
        sa.Column("run_key", _KEY, sa.ForeignKey("run.key"), primary_key=True, autoincrement=False),
        sa.Column("position", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("endpoint", sa.String, primary_key=True),
        sa.Column("address", sa.String, primary_key=True),
        sa.Column("host", sa.String, nullable=False),
        sa.Column("port", sa.Integer, nullable=False),
        sa.Column("protocol", sa.String, nullable=False),
        sa.Column("security", sa.String, nullable=False),
        sa.Column("time", sa.BigInteger, nullable=False),
        sa.Column("ending", sa.String, nullable=False),
        sa.Column("verdict", sa.String, nullable=False),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("detail", sa.String),
        sa.Column("intent", sa.String, nullable=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )


def _make_findings() -> None:
    op.create_table(
        "subject",
        sa.Column("key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("text", sa.String, nullable=False, unique=True),
        sa.Column("host", sa.String, nullable=False),
    )
    op.create_table(
        "finding",
        sa.Column("subject_key", _KEY, sa.ForeignKey("subject.key"), primary_key=True, autoincrement=False),
        sa.Column("rule", sa.String, primary_key=True),
        sa.Column("id", sa.String, nullable=False),
        sa.Column("severity", sa.String, nullable=False),
        sa.Column("certainty", sa.String, nullable=False),
        sa.Column("state", sa.String, nullable=False),
        sa.Column("first_seen", sa.BigInteger, nullable=False),
        sa.Column("last_seen", sa.BigInteger, nullable=False),
        sa.Column("fixed_at", sa.BigInteger),
        sa.Column("run_key", _KEY, nullable=False),
    )


def _make_what_belongs_to_findings() -> None:
    op.create_table(
        "acceptance",
        sa.Column("subject_key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("rule", sa.String, primary_key=True),
        sa.Column("reason", sa.String, nullable=False),
        sa.Column("by_whom", sa.String, nullable=False),
        sa.Column("until", sa.BigInteger, nullable=False),
        sa.ForeignKeyConstraint(["subject_key", "rule"], ["finding.subject_key", "finding.rule"]),
    )
    op.create_table(
        "sighting",
        sa.Column("run_key", _KEY, sa.ForeignKey("run.key"), primary_key=True, autoincrement=False),
        sa.Column("subject_key", _KEY, sa.ForeignKey("subject.key"), primary_key=True, autoincrement=False),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "advice",
        sa.Column("key", _KEY, primary_key=True, autoincrement=False),
        sa.Column("digest", sa.LargeBinary, nullable=False, unique=True),
        sa.Column("body", sa.LargeBinary, nullable=False),
    )
