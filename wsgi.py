"""The application for a WSGI server."""

from sosku_groups.factory import create_app

app = create_app()
