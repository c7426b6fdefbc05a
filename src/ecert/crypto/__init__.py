"""Bytes to bytes: digests, keys, certificates, CMS.

No files, no policy, no clock; import the module you need.
"""
