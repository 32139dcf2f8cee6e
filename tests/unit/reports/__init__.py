"""Reports: what each format says of the same few hosts, and what none of them lets through."""
