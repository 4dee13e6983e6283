"""Who may ask: accounts, sessions, and the one gate before every request."""
