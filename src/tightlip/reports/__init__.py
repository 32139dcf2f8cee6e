"""Report formats: one file is one way to render a run, for a person or for a program."""
