"""Events of the staff alone: case meetings, method mornings, absences."""
