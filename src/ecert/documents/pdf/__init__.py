"""PDF: facts of signed files, and issuing; importing this package loads no heavy library."""
