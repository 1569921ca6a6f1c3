"""The catalogue: works, editions, agents, subjects."""
