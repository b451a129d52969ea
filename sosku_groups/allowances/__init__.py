"""Month lists: checklist, close, approve, files."""
