"""From accepted rows to answers: dictionary, ledger, models, build, publish, read-only snapshots."""
