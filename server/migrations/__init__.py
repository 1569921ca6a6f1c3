"""How the database got its shape, one step after the other.

`python -m server.migrations "What it lets us do"` writes the next step. There is no way down: whoever wants to go back has a backup.
"""
