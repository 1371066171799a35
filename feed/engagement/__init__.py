"""What people do with posts: watching, liking, keeping, sharing, talking, hiding; and what posts name."""
