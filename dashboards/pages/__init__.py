"""One module per page: layout, figures and callbacks together."""
