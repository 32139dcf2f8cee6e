"""Files that others may change while we look: reached without a race, read with bounds, replaced whole."""
