"""Known faults made from clean portraits, the same ones on every machine.

Amounts are drawn within a range for each photo. Light is changed in linear light; what concerns
the face alone has a soft edge, so that nothing but the fault itself gives it away.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from core.domain import Face, ImageArray
from core.reasons.codes import Code

Random = np.random.Generator
Fault = Callable[[ImageArray, Face, Random], ImageArray]
Floats = NDArray[np.float32]


def random_of(name: str, fault: str) -> Random:
    """The random numbers of one photo and fault."""
    digest = hashlib.sha256(f"{name}/{fault}".encode()).digest()
    return np.random.default_rng(int.from_bytes(digest[:8], "little"))


def half_of(name: str) -> int:
    """0: for calibration; 1: for the report."""
    return hashlib.sha256(name.encode()).digest()[0] % 2


NOT_FACES = ("Dog", "Cat", "Lion", "Sunset", "Moon", "Alcohol", "grandparent-2382216", "School 7")
"""Beginnings of the names of photos where something else is taken for a face."""

COVERED_ALREADY = (
    "Scared face 1", "Scared face 5", "man-1868320", "Soldiers 5", "girl-6026212", "Baby 9",
    "corset-6243486", "Frustrated pose 4", "Gazing 3", "Gazing 6", "man-6703979", "Surprise 1",
    "smart-4549895", "Archery 1", "Band 2", "cigarettes-6829230", "portrait-322470",
    "Bored pose 2", "hunger-413685", "Soldiers 6", "young-adult-3682673",
)  # fmt: skip
"""Portraits with a hand, a cloth, a microphone or the like before the face, seen by eye."""


def is_clean(name: str) -> bool:
    """Whether a photo shows a face that nothing covers."""
    return not name.rsplit("/", 1)[-1].startswith((*NOT_FACES, *COVERED_ALREADY))


def to_linear(pixels: ImageArray) -> Floats:
    """sRGB 0..255 -> linear light 0..1 (IEC 61966-2-1)."""
    x = pixels.astype(np.float32) / 255
    return np.where(x <= 0.04045, x / 12.92, ((x + 0.055) / 1.055) ** 2.4).astype(np.float32)


def to_pixels(light: Floats) -> ImageArray:
    """The way back; what is brighter than white is white."""
    x = np.clip(light, 0, 1)
    encoded = np.where(x <= 0.0031308, 12.92 * x, 1.055 * x ** (1 / 2.4) - 0.055)
    return np.rint(255 * encoded).astype(np.uint8)


def place(pixels: ImageArray, face: Face) -> tuple[float, float, float, float]:
    """The face's box in pixels."""
    height, width = pixels.shape[:2]
    box = face.box
    return box.x * width, box.y * height, box.w * width, box.h * height


def around_face(pixels: ImageArray, face: Face, size: float, softness: float) -> Floats:
    """A soft ellipse over the face: (h, w, 1), 0..1."""
    x, y, w, h = place(pixels, face)
    mask = np.zeros(pixels.shape[:2], np.float32)
    center = round(x + w / 2), round(y + 0.44 * h)
    cv2.ellipse(mask, center, (round(0.475 * w * size), round(0.55 * h * size)), 0, 0, 360, 1.0, -1)
    return cv2.GaussianBlur(mask, (0, 0), max(0.5, softness * w))[..., None]


def mixed(first: Floats, second: Floats, share: Floats) -> ImageArray:
    """``share`` of the second over the first."""
    return np.clip(np.rint(first * (1 - share) + second * share), 0, 255).astype(np.uint8)


def face_blur(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """The face out of focus, the rest sharp: sigma 2.5 to 5 % of the face's width."""
    sigma = max(0.8, random.uniform(0.025, 0.05) * place(pixels, face)[2])
    blurred = cv2.GaussianBlur(pixels, (0, 0), sigma).astype(np.float32)
    return mixed(pixels.astype(np.float32), blurred, around_face(pixels, face, 1.25, 0.12))


def photo_blur(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """Everything out of focus by as much."""
    sigma = max(0.8, random.uniform(0.025, 0.05) * place(pixels, face)[2])
    return np.asarray(cv2.GaussianBlur(pixels, (0, 0), sigma))


def motion(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """The camera moved along a line of 10 to 18 % of the face's width."""
    length = max(4.0, random.uniform(0.10, 0.18) * place(pixels, face)[2])
    angle = random.uniform(0, np.pi)
    side = max(3, int(np.ceil(length)) | 1)
    line = np.zeros((4 * side, 4 * side), np.float32)
    reach = np.array([np.cos(angle), np.sin(angle)]) * length * 2
    start, end = (tuple(int(v) for v in 2 * side + sign * reach) for sign in (-1, 1))
    cv2.line(line, start, end, 1.0, 3, cv2.LINE_AA)
    kernel = cv2.resize(line, (side, side), interpolation=cv2.INTER_AREA)
    moved = cv2.filter2D(
        to_linear(pixels), -1, kernel / kernel.sum(), borderType=cv2.BORDER_REPLICATE
    )
    return to_pixels(moved)


def dark_face(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """The face gets a twelfth to a fifth of its light, the rest of the photo all of it."""
    share = around_face(pixels, face, 1.35, 0.2)
    return to_pixels(to_linear(pixels) * (1 - share + share * random.uniform(0.08, 0.2)))


def dark_photo(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """A photo underexposed by 2.7 to 4 stops."""
    return to_pixels(to_linear(pixels) * np.float32(random.uniform(0.06, 0.15)))


def back_light(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """A dark face before a bright background."""
    share = around_face(pixels, face, 1.35, 0.2)
    light = to_linear(pixels)
    bright = np.clip(2 * light + 0.35, 0, 1)
    return to_pixels(light * share * random.uniform(0.1, 0.25) + (1 - share) * bright)


def overexposed(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """Two to three stops too much light."""
    return to_pixels(to_linear(pixels) * np.float32(random.uniform(4, 8)))


def noisy(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """Noise of 18 to 35 grey levels in every channel."""
    noise = random.normal(0, random.uniform(18, 35), pixels.shape)
    return np.clip(pixels + noise, 0, 255).astype(np.uint8)


def compressed(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """JPEG of quality 5 to 11."""
    quality = int(random.integers(5, 12))
    _, content = cv2.imencode(".jpg", pixels[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, quality])
    return np.ascontiguousarray(cv2.imdecode(content, cv2.IMREAD_COLOR)[..., ::-1])


CASTS = ((1.5, 1.0, 0.55), (0.55, 1.0, 1.5), (0.7, 1.3, 0.7), (1.25, 0.7, 1.25))
"""What red, green and blue are multiplied with."""


def colour_cast(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """A wrong white balance: orange, blue, green or magenta."""
    return to_pixels(to_linear(pixels) * np.array(CASTS[int(random.integers(4))], np.float32))


def cut(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """The frame's edge runs through the face: a quarter to two fifths are missing."""
    x, y, w, h = place(pixels, face)
    share = random.uniform(0.25, 0.4)
    side = int(random.integers(3))
    if side == 0:
        return pixels[:, round(max(0.0, x + share * w)) :].copy()
    if side == 1:
        return pixels[:, : round(x + w * (1 - share))].copy()
    return pixels[round(max(0.0, y + share * h)) :].copy()


def tilted(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """Turned by 4 to 10 degrees; what the turn leaves empty is cropped away."""
    angle = random.uniform(4, 10) * random.choice([-1, 1])
    height, width = pixels.shape[:2]
    turn = cv2.getRotationMatrix2D((width / 2, height / 2), angle, 1)
    turned = cv2.warpAffine(pixels, turn, (width, height), flags=cv2.INTER_CUBIC)
    sin, cos = np.sin(np.radians(abs(angle))), np.cos(np.radians(angle))
    keep = min(height, width) / (min(height, width) * cos + max(height, width) * sin)
    top, left = round(height * (1 - keep) / 2), round(width * (1 - keep) / 2)
    return turned[top : height - top, left : width - left].copy()


def red_eye(pixels: ImageArray, face: Face, random: Random) -> ImageArray:
    """Pupils lit up by the flash."""
    height, width = pixels.shape[:2]
    radius = max(1, round(0.03 * place(pixels, face)[2]))
    mask = np.zeros((height, width), np.float32)
    for x, y in face.keypoints[:2]:
        cv2.circle(mask, (round(x * width), round(y * height)), radius, 1.0, -1, cv2.LINE_AA)
    red = np.ones_like(pixels, np.float32) * np.array([200, 30, 40], np.float32)
    return mixed(pixels.astype(np.float32), red, mask[..., None])


class Covering:
    """Something before the face: 35 to 50 % of it, from the left, the right, below or above.

    One colour, a piece of another photo, or something of the skin's own colour like a hand.
    """

    def __init__(self, textures: Sequence[ImageArray]) -> None:
        self._textures = textures

    def __call__(self, pixels: ImageArray, face: Face, random: Random) -> ImageArray:
        """The portrait with the covering."""
        x, y, w, h = place(pixels, face)
        part = random.uniform(0.35, 0.5)
        left, top, wide, high = (
            (x - 0.15 * w, y - 0.2 * h, w * (part + 0.15), 1.4 * h),
            (x + w * (1 - part), y - 0.2 * h, w * (part + 0.15), 1.4 * h),
            (x - 0.15 * w, y + h * (1 - part), 1.3 * w, h * (part + 0.15)),
            (x - 0.15 * w, y - 0.2 * h, 1.3 * w, h * (part + 0.2)),
        )[int(random.integers(4))]
        center = left + wide / 2, top + high / 2
        angle = float(random.uniform(-15, 15))
        mask = np.zeros(pixels.shape[:2], np.float32)
        if random.random() < 0.5:
            corners = cv2.boxPoints((center, (wide, high), angle))
            cv2.fillPoly(mask, [corners.astype(np.int32)], 1.0)
        else:
            middle = round(center[0]), round(center[1])
            axes = round(0.58 * wide), round(0.58 * high)
            cv2.ellipse(mask, middle, axes, angle, 0, 360, 1.0, -1)
        soft = cv2.GaussianBlur(mask, (0, 0), max(0.5, 0.01 * w))[..., None]
        return mixed(pixels.astype(np.float32), self._matter(pixels, face, random), soft)

    def _matter(self, pixels: ImageArray, face: Face, random: Random) -> Floats:
        height, width = pixels.shape[:2]
        kind = int(random.integers(3))
        if kind == 0:
            return np.ones(pixels.shape, np.float32) * random.integers(0, 256, 3)
        if kind == 1:
            texture = self._textures[int(random.integers(len(self._textures)))]
            return cv2.resize(texture, (width, height)).astype(np.float32)
        x, y, w, h = place(pixels, face)
        row = int(np.clip(y + 0.6 * h, 5, height - 6))
        column = int(np.clip(x + w / 2, 0, width - 1))
        reach = max(1, round(0.2 * w))
        skin = pixels[row - 5 : row + 5, max(0, column - reach) : column + reach]
        shade = random.normal(0, 1, (height, width)).astype(np.float32)
        shade = cv2.GaussianBlur(shade, (0, 0), max(2.0, 0.15 * w))
        shade /= shade.std() + 1e-6
        color = np.median(skin.reshape(-1, 3), axis=0)
        return (color * (1 + 0.12 * shade[..., None])).astype(np.float32)


FAULTS: dict[str, tuple[Fault, frozenset[Code]]] = {
    "face_blur": (face_blur, frozenset({Code.FACE_BLURRED})),
    "photo_blur": (photo_blur, frozenset({Code.FACE_BLURRED})),
    "motion": (motion, frozenset({Code.MOTION_BLUR})),
    "dark_face": (dark_face, frozenset({Code.FACE_DARK})),
    "dark_photo": (dark_photo, frozenset({Code.FACE_DARK})),
    "back_light": (back_light, frozenset({Code.BACK_LIGHT, Code.FACE_DARK})),
    "overexposed": (overexposed, frozenset({Code.FACE_OVEREXPOSED, Code.HIGHLIGHTS_CLIPPED})),
    "noisy": (noisy, frozenset({Code.NOISE})),
    "cut": (cut, frozenset({Code.FACE_CUT})),
    "red_eye": (red_eye, frozenset({Code.RED_EYE})),
    "compressed": (compressed, frozenset({Code.COMPRESSED})),
    "colour_cast": (colour_cast, frozenset({Code.COLOUR_CAST})),
    "tilted": (tilted, frozenset({Code.HORIZON_TILTED})),
}
"""How each fault is made, and the reasons of which one must be found."""
