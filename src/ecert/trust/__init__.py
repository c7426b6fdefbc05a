"""Whom the operator believes: anchors, issuer lists, revocation, status, agreements (floor 7).

Default trust is empty; nothing is shipped, nothing is taken from the operating system, nothing is fetched.
"""
