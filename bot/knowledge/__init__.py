"""Answer templates and finding the right one, or none."""
