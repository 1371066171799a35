"""Contact discovery: two people who have each other's number find each other, and nobody else is known to anybody."""
