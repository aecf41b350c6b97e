"""The path of a message: inbox, turn, who speaks now, outbox."""
