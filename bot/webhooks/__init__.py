"""What other programs are told of by webhooks: who wants what, and what is still to be delivered."""
