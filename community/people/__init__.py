"""The people: actors, accounts, follows."""
