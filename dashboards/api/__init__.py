"""The read-only API for programs, ``/api/v1``: what is declared here checks, answers and describes it."""
