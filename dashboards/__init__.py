"""The pages: what a published snapshot says, in Chinese and English. Reads through queries.py only."""
