"""PLUG room: one file is one protocol, and names it in ``PROTOCOL``."""
