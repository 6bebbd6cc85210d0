"""Arrays to bytes and back, as the library keeps them."""

from __future__ import annotations

import struct

import numpy as np

from core.domain import FloatArray


def pack_maps(maps: FloatArray | None) -> bytes | None:
    """A (classes, h, w) array as float16 with its shape in front; about 1 kB for 10 x 7 x 7."""
    if maps is None:
        return None
    return struct.pack("<3H", *maps.shape) + maps.astype("<f2").tobytes()


def unpack_maps(blob: bytes | None) -> FloatArray | None:
    """What ``pack_maps`` packed, as float32."""
    if blob is None:
        return None
    shape = struct.unpack_from("<3H", blob)
    return np.frombuffer(blob, "<f2", offset=6).reshape(shape).astype(np.float32)


def pack_floats(values: FloatArray | tuple[float, ...] | None, dtype: str = "<f4") -> bytes | None:
    """A flat vector as bytes."""
    return None if values is None else np.asarray(values, dtype).tobytes()


def unpack_floats(blob: bytes | None, dtype: str = "<f4") -> FloatArray | None:
    """What ``pack_floats`` packed, as float32."""
    return None if blob is None else np.frombuffer(blob, dtype).astype(np.float32)
