"""Marks as tablets send them: each answered once and for ever, none dropped."""
