"""An invented month through the real services, on a clock of its own, and a second opinion about every promise."""
