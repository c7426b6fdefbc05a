"""OFD packages (GB/T 33190-2016); the only package that imports lxml."""
