"""From a delivered file to accepted raw rows: contract, delivery path, landing, nights, command line."""
