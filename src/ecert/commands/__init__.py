"""The commands of `ecert`: each reads its options, calls the library once, and prints (architecture.md 7).

Modules here import nothing heavy at the top: `ecert --help` loads no parser, no engine, no font.
"""
