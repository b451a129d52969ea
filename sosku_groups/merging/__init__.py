"""Two records of one client become one, and two again when that was a mistake."""
