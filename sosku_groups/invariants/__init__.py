"""What must hold of the data at any moment, asked of the live database."""
