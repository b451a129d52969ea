"""The append-only trail of reads and writes (P1)."""
