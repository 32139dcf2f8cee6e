"""The syntax room: what lenses read, what edits change, and the laws that hold for any text."""
