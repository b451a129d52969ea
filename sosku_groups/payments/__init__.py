"""What happens to a closed list: its files, what is paid by them, and what became of it."""
