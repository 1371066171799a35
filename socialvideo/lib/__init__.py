"""What every room needs and no room owns: errors, cursors, ids, clock, idempotency. No domain."""
