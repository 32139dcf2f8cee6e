"""Real mail servers from Debian packages, each in namespaces of its own, with nothing installed on the host."""
