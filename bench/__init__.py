"""How fast it is, as ratios to bounds that are measured in the same run."""
