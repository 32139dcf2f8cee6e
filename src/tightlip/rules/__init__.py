"""PLUG room: one file is one rule, judges a host view by one condition, and names itself in ``RULE``."""
