"""What supervisors do with templates: their life, replay before publishing, gaps, figures."""
