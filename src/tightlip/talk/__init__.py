"""Conversations without sockets: steps, framing, the session that holds a dialogue, what to ask next."""
