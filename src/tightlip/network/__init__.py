"""LOUD: sockets, the TLS stage, pacing, name resolution, and the engine that drives thousands of sessions."""
