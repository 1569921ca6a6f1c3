"""The roof: pages for people, commands, the worker."""
