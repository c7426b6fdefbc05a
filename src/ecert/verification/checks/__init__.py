"""The checks, each a pure function from the case to a `Check`; the judge stamps the weights."""
