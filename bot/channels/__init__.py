"""Where people write: one folder a channel."""
