"""What may stand here, and what was decided about it."""
