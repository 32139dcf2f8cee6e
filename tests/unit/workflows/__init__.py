"""The scan as a whole: over loopback only, with engine processes, a store and folders of its own."""
