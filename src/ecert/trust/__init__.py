"""Whom the operator believes: anchors, issuer lists, revocation, status, agreements (floor 7).

Default trust is empty: nothing is shipped, taken from the operating system, or fetched.
"""
