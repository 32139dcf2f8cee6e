"""Unit tests of the room that reads and writes NTLMSSP messages."""
