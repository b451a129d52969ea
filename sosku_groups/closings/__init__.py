"""Which months are closed; below everything that a closed month touches."""
