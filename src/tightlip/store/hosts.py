"""Which hosts the store knows: by the names they were given as, and by the addresses at which they were observed."""

from ipaddress import ip_address

from sqlalchemy import or_, select

from tightlip.store.database import Database
from tightlip.store.tables import observation, subject


def normalised(host: str) -> str:
    """A name or an address as the store writes it: lower case, no brackets, no dot at the end."""
    bare = host.strip().removeprefix("[").removesuffix("]").removesuffix(".").lower()
    try:
        return str(ip_address(bare))
    except ValueError:
        return bare


def spellings(host: str) -> tuple[str, ...]:
    """How the store may have it: as it was given, which is how an audit names a folder, and as targets are written."""
    return tuple(dict.fromkeys((host.strip(), normalised(host))))


def read_known_as(database: Database, host: str) -> tuple[str, ...]:
    """The names under which findings of a host or of an address are kept; none: nothing is known of it."""
    names = spellings(host)
    seen = observation.c
    observed = select(seen.host).where(or_(seen.host.in_(names), seen.address.in_(names)))
    found = select(subject.c.host).where(subject.c.host.in_(names))
    with database.reading() as connection:
        return tuple(sorted({*connection.scalars(observed.distinct()), *connection.scalars(found.distinct())}))
