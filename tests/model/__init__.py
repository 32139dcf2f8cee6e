"""Servers drawn at random, in memory: whatever manners they have, NTLM that can be had is never called clean."""
