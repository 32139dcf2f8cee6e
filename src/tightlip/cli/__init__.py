"""PLUG room: one file is one command, and names it in ``COMMAND``."""
