"""Service and benefit decisions, their arithmetic and who may see whose client."""
