"""The publishing side of a federation: plan, workspace, staging, signing requests, publishing, transcript.

Works with bytes and paths; the time is an argument and no key is ever made or kept here.
"""
