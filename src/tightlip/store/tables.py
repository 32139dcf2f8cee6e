"""The tables, as the newest migration leaves them, and how times and peers' words stand in them."""

from datetime import UTC, datetime, timedelta

from sqlalchemy import (
    BigInteger,
    Column,
    ForeignKey,
    ForeignKeyConstraint,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
)

# Oldest first; a store at any other revision was made by a newer program.
REVISIONS = ("0001", "0002")
REVISION_TABLE = "tightlip_revision"

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

# Keys are given out by the one writer; INTEGER is what makes them SQLite's own row number.
_KEY = BigInteger().with_variant(Integer, "sqlite")

metadata = MetaData()

run = Table(
    "run",
    metadata,
    Column("key", _KEY, primary_key=True, autoincrement=False),
    Column("id", String, nullable=False, unique=True),
    Column("started", BigInteger, nullable=False),
    Column("ended", BigInteger),
    Column("exit", Integer),
    Column("record", LargeBinary, nullable=False),
    Column("summary", LargeBinary),
    Column("spec", LargeBinary),
    Column("watermark", BigInteger, nullable=False),
    Column("tally", LargeBinary),
    Column("spooled", BigInteger),
    # The version whose verdicts its observations have.
    Column("judged_by", String, nullable=False, server_default="0.1.0"),
)

spool = Table(
    "spool",
    metadata,
    Column("run_key", _KEY, ForeignKey("run.key"), primary_key=True, autoincrement=False),
    Column("line", BigInteger, primary_key=True, autoincrement=False),
    Column("text", String, nullable=False),
)

# The address is '' where a name did not resolve. Positions grow with the run, so that rows and index are
# written at their ends however the targets are shuffled; an index on host would not be.
observation = Table(
    "observation",
    metadata,
    Column("run_key", _KEY, ForeignKey("run.key"), primary_key=True, autoincrement=False),
    Column("position", BigInteger, primary_key=True, autoincrement=False),
    Column("endpoint", String, primary_key=True),
    Column("address", String, primary_key=True),
    Column("host", String, nullable=False),
    Column("port", Integer, nullable=False),
    Column("protocol", String, nullable=False),
    Column("security", String, nullable=False),
    Column("time", BigInteger, nullable=False),
    Column("ending", String, nullable=False),
    Column("verdict", String, nullable=False),
    Column("reason", String, nullable=False),
    Column("detail", String),
    Column("intent", String, nullable=False),
    Column("body", LargeBinary, nullable=False),
)

# What findings speak of: an endpoint as targeted, or a host and a setting.
subject = Table(
    "subject",
    metadata,
    Column("key", _KEY, primary_key=True, autoincrement=False),
    Column("text", String, nullable=False, unique=True),
    Column("host", String, nullable=False),
)

# The texts of subjects come in any order, keys do not: only the subjects' index is written all over. For the
# same reason there is no index on the id; it is searched for only when somebody types one.
finding = Table(
    "finding",
    metadata,
    Column("subject_key", _KEY, ForeignKey("subject.key"), primary_key=True, autoincrement=False),
    Column("rule", String, primary_key=True),
    Column("id", String, nullable=False),
    Column("severity", String, nullable=False),
    Column("certainty", String, nullable=False),
    Column("state", String, nullable=False),
    Column("first_seen", BigInteger, nullable=False),
    Column("last_seen", BigInteger, nullable=False),
    Column("fixed_at", BigInteger),
    Column("run_key", _KEY, nullable=False),
)

acceptance = Table(
    "acceptance",
    metadata,
    Column("subject_key", _KEY, primary_key=True, autoincrement=False),
    Column("rule", String, primary_key=True),
    Column("reason", String, nullable=False),
    Column("by_whom", String, nullable=False),
    Column("until", BigInteger, nullable=False),
    ForeignKeyConstraint(["subject_key", "rule"], ["finding.subject_key", "finding.rule"]),
)

# What a run said of a subject: all that was flagged, each with its state then.
sighting = Table(
    "sighting",
    metadata,
    Column("run_key", _KEY, ForeignKey("run.key"), primary_key=True, autoincrement=False),
    Column("subject_key", _KEY, ForeignKey("subject.key"), primary_key=True, autoincrement=False),
    Column("body", LargeBinary, nullable=False),
)

# Remediations and references: half of a finding's bytes, and the same for all findings of a rule.
advice = Table(
    "advice",
    metadata,
    Column("key", _KEY, primary_key=True, autoincrement=False),
    Column("digest", LargeBinary, nullable=False, unique=True),
    Column("body", LargeBinary, nullable=False),
)


def stamp(moment: datetime) -> int:
    """A moment (with its time zone) as microseconds since 1970 UTC."""
    since = moment - _EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def moment(stamped: int) -> datetime:
    """The moment, in UTC, that ``stamp`` made a number of."""
    return _EPOCH + stamped * _MICROSECOND


def known(stamped: int | None) -> datetime | None:
    """As ``moment``, for columns that may be empty."""
    return None if stamped is None else moment(stamped)


def storable(text: str) -> str:
    """Text that either database takes: PostgreSQL has no NUL, and neither has half a surrogate pair."""
    return text.replace("\0", "\N{REPLACEMENT CHARACTER}").encode(errors="replace").decode()
