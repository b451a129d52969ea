"""Travel support: who needs a ticket, and the tickets given out (T1, T2)."""
