"""How many connections the machine's limit on open descriptors allows."""

import resource

from tightlip.model.errors import Exit, TightlipError

# Kept for pipes, the poller, libraries and whatever else a process opens.
RESERVE = 64


def raise_limit(concurrency: int) -> int:
    """Raise this process' soft limit as far as needed and allowed; the concurrency that fits (0 asks for the most).

    TightlipError where not even one connection fits: a scan would wait for ever.
    """
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = hard if hard != resource.RLIM_INFINITY else 1 << 20
    wanted = min(most, concurrency + RESERVE if concurrency else most)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
        soft = wanted
    if soft != resource.RLIM_INFINITY and soft <= RESERVE:
        told = f"only {soft} descriptors may be open at once, and {RESERVE + 1} are needed at least"
        raise TightlipError(told, "raise the hard limit (ulimit -Hn), LimitNOFILE= in a unit of systemd", Exit.REFUSED)
    room = (most if soft == resource.RLIM_INFINITY else soft) - RESERVE
    return min(concurrency, room) if concurrency else room
