"""The ground floor: the people, the catalogue and the posts of one library."""
