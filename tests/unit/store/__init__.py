"""The store: what goes in comes out, lives go on, and neither crashes nor strangers harm it."""
