"""Electronic seals and seal signatures: GM/T 0031 (v1, v5) and GB/T 38540-2020 (v4)."""

from ecert.seals.seal import Seal

__all__ = ["Seal"]
