"""What is said: reviews, ratings, comments, announcements, events."""
