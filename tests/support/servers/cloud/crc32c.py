"""The Castagnoli checksum that Google Cloud sends beside payloads (RFC 3720, appendix B.4)."""

_POLYNOMIAL = 0x82F63B78  # reflected


def _row(index: int) -> int:
    for _ in range(8):
        index = (index >> 1) ^ (_POLYNOMIAL if index & 1 else 0)
    return index


_TABLE = tuple(_row(index) for index in range(256))


def crc32c(data: bytes) -> int:
    """Return the CRC32C of the bytes."""
    value = 0xFFFFFFFF
    for byte in data:
        value = _TABLE[(value ^ byte) & 0xFF] ^ (value >> 8)
    return value ^ 0xFFFFFFFF
