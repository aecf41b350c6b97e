"""What Rasa's rules and forms call. An action reads the turn and the slots, calls one function of ``bot``, and names
what to say; what it wants to happen it leaves as an effect."""
