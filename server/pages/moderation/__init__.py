"""The rooms of moderators. Every page here demands their role."""
