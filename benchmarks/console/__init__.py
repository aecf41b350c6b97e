"""The console as staff have it: how long the server takes, what reaches a browser and when, many at once."""
