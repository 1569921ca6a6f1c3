"""Talking with other servers."""
