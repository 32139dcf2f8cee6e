"""Numbers of things in words."""


def counted(count: int, noun: str) -> str:
    """``1 endpoint``, ``2 endpoints``, ``1,200 addresses``."""
    plural = f"{noun}es" if noun.endswith("s") else f"{noun}s"
    return f"{count:,} {noun if count == 1 else plural}"
