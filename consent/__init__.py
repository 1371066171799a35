"""Likenesses, grants, the gate and the ledger: knows people, nothing of videos or feeds."""
