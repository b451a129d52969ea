"""Files that come in: upload, preview, confirm."""
