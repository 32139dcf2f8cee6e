"""What stays after a change, in sentences that say of which instance they are."""

from msgspec.structs import replace

from tests.unit.rules.postures import offer, posture, service
from tightlip.remediate.outlook import keeps


def test_instances_of_one_product_are_told_apart() -> None:
    """By their main files; one alone needs no more than its name."""
    one = posture(service(offer("PLAIN")))
    other = replace(one, config="/srv/b/dovecot.conf")
    assert list(keeps([one])) == ["dovecot pop3: PLAIN (TLS possible)"]
    assert list(keeps([one, other])) == [
        f"dovecot {one.config} pop3: PLAIN (TLS possible)",
        "dovecot /srv/b/dovecot.conf pop3: PLAIN (TLS possible)",
    ]
