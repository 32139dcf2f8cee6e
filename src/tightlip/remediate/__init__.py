"""Plans and the lifecycle of a change: values, a table, and what they are rendered as; nothing here acts."""
