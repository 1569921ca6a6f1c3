"""What templates are given: plain values, already worked out."""
