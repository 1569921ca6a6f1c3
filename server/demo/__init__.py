"""Two invented libraries, to be looked at: what is theirs is data, and it is told through the same doors that readers use."""
