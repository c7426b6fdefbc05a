"""SM2 signatures (GB/T 32918): encodings in ``curve``, arithmetic behind ``engine``."""
