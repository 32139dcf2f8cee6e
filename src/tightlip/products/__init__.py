"""Server products, one file each: where their configuration stands, what it means, what changes it."""
