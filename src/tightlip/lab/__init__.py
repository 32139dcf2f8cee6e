"""Practice servers on loopback that leak in every documented way, played from .talk files."""
