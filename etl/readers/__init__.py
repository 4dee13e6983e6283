"""Text of a delivery to fields, one row per line, every line accounted for."""
