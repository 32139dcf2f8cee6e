"""The commands as users call them: through the real command line, in this process, and a few as their own."""
