"""Tests against real mail servers from Debian packages, on loopback."""
