"""Readers of legacy tables; each yields records and unreadable rows, and never stops at a bad row."""
