"""One thing, in the dialect that its reader understands."""
