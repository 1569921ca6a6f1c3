"""MARC in all its dialects: the only room that knows pymarc."""
