"""The HTTP side: health, metrics, pages."""
