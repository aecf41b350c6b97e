"""Tickets: what a human has to deal with. A ticket is not a chat: a person has one chat and many tickets."""
