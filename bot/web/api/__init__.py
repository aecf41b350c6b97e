"""The API for other programs, at ``/api/v1``."""
