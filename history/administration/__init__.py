"""Managing people, units and posts: who was given which right is part of history."""
