"""Face descriptors for training: the bundled FaceRes, or any model DeepFace knows by name.

``faceres`` needs nothing but the program. ``vggface`` is the paper's VGG-Face: its ONNX file is
research property and is never bundled; it is read from where DeepFace keeps it on the user's
machine. Every other name is handed to DeepFace (``Facenet512``, ``ArcFace``, ...).
"""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np
from numpy.typing import NDArray

from core.domain import Face, FloatArray, ImageArray
from core.errors import ModelError, UsageError

logger = logging.getLogger(__name__)

LARGEST_SIDE = 1280
"""DeepFace is handed photos at most this large: on 12 megapixels it is slow and sees ghosts."""

VGGFACE_FILE = "vgg_face_weights.onnx"
VGGFACE_BYTES = "537 MB"
VGGFACE_WIDTH = 4096
VGGFACE_SIDE = 224
VGGFACE_AT_DEEPFACE = "VGG-Face"
DEEPFACE_MODELS = {
    "Facenet": (128, "facenet_weights.onnx"),
    "Facenet512": (512, "facenet512_weights.onnx"),
    "OpenFace": (128, "openface_weights.onnx"),
    "DeepFace": (4096, "VGGFace2_DeepFace_weights_val-0.9034.onnx"),
    "DeepID": (160, "deepid_weights.onnx"),
    "ArcFace": (512, "arcface_weights.onnx"),
    "SFace": (128, "face_recognition_sface_2021dec.onnx"),
    "GhostFaceNet": (512, "ghostfacenet_v1.onnx"),
    "Buffalo_L": (512, "buffalo_l/webface_r50.onnx"),
}
"""Lengths of DeepFace's descriptors (its README, "Face recognition models"), and the files that it
keeps their weights in (its ``models/facial_recognition/onnx``, 0.0.103)."""


class Encoder(Protocol):
    """Turns a face into a vector; called as the program's ``AestheticScorer`` calls it."""

    @property
    def name(self) -> str:
        """What the card and the cache call it."""
        ...

    @property
    def width(self) -> int:
        """Length of the vector."""
        ...

    def __call__(self, pixels: ImageArray, face: Face) -> FloatArray:
        """Upright RGB uint8 (h, w, 3) and one face of it -> float32 (width,)."""
        ...


class FaceResEncoder:
    """The descriptor the program itself uses: FaceRes, 1024-d, as the network gives it."""

    name = "faceres"
    width = 1024

    def __init__(self) -> None:
        from core.inference.faces import FaceDescriber

        self._describer = FaceDescriber()

    def __call__(self, pixels: ImageArray, face: Face) -> FloatArray:
        """The face's descriptor."""
        if face.descriptor is None:
            face = self._describer.describe(pixels, face)
        return np.asarray(face.descriptor, np.float32)


def deepface_weights_dir() -> Path:
    """``$DEEPFACE_HOME/.deepface/weights``, by default in the user's home."""
    home = os.environ.get("DEEPFACE_HOME") or str(Path.home())
    return Path(home) / ".deepface" / "weights"


def align(pixels: ImageArray, face: Face) -> ImageArray:
    """The face as DeepFace cuts it: the photo turned so that the eyes are level, then the box.

    ``pixels`` RGB; returns RGB (h, w, 3). Without key points the box is cut from the photo as is.
    """
    import cv2

    height, width = pixels.shape[:2]
    box = face.box
    center_x, center_y = (box.x + box.w / 2) * width, (box.y + box.h / 2) * height
    if len(face.keypoints) >= 2:
        (left_x, left_y), (right_x, right_y) = face.keypoints[:2]
        angle = float(
            np.degrees(np.arctan2((right_y - left_y) * height, (right_x - left_x) * width))
        )
        turn = cv2.getRotationMatrix2D((center_x, center_y), angle, 1.0)
        pixels = np.asarray(cv2.warpAffine(pixels, turn, (width, height)), np.uint8)
    left, top = max(0, round(box.x * width)), max(0, round(box.y * height))
    right = min(width, round((box.x + box.w) * width))
    bottom = min(height, round((box.y + box.h) * height))
    return pixels[top : max(bottom, top + 1), left : max(right, left + 1)]


def vggface_input(face: ImageArray) -> FloatArray:
    """An aligned face (RGB) -> VGG-Face's tensor, exactly as DeepFace 0.0.103 makes it.

    Resized by ``cv2.resize`` keeping the aspect, black-padded in the middle of 224x224, BGR
    divided by 255, NHWC float32 (1, 224, 224, 3).
    """
    import cv2

    side = VGGFACE_SIDE
    height, width = face.shape[:2]
    factor = min(side / height, side / width)
    size = (max(1, int(width * factor)), max(1, int(height * factor)))
    resized = np.asarray(cv2.resize(face[..., ::-1], size))
    pad_y, pad_x = side - resized.shape[0], side - resized.shape[1]
    padded = np.pad(
        resized,
        ((pad_y // 2, pad_y - pad_y // 2), (pad_x // 2, pad_x - pad_x // 2), (0, 0)),
    )
    return padded[None].astype(np.float32) / np.float32(255)


def _deepface() -> Any:
    """DeepFace on onnxruntime: left to itself it takes PyTorch where that is installed, and then
    asks for other weight files."""
    os.environ["DEEPFACE_BACKEND_ENGINE"] = "onnx"
    try:
        from deepface import DeepFace
    except (ImportError, ValueError) as error:
        raise ModelError(f"DeepFace can't be loaded: {error}.") from error
    return DeepFace


def _build(model: str, file: Path, size: str, fetch: bool) -> Any:
    """DeepFace with this model loaded; its file is downloaded only with ``fetch``.

    Raises:
        ModelError: the file is not there, or can't be fetched or read.
    """
    if not file.is_file() and not fetch:
        raise ModelError(
            f"{model} needs the file {file}{size}, which is not there: with --fetch DeepFace "
            "downloads it; or put it there, or use --encoder faceres."
        )
    deepface = _deepface()
    try:
        deepface.build_model(model)
    except (ImportError, ValueError, OSError) as error:
        raise ModelError(
            f"DeepFace can't load {model}; its file belongs at {file}. ({error})"
        ) from error
    return deepface


class VggFaceEncoder:
    """VGG-Face's 4096 numbers (fc7 after ReLU, divided by their L2 norm) from DeepFace's file.

    Raises:
        ModelError: the file is not there (names its place and size), or is not VGG-Face.
    """

    name = "vggface"
    width = VGGFACE_WIDTH

    def __init__(self, file: Path | None = None, *, fetch: bool = False) -> None:
        self._file = file or deepface_weights_dir() / VGGFACE_FILE
        if not self._file.is_file():
            _build(VGGFACE_AT_DEEPFACE, self._file, f" ({VGGFACE_BYTES})", fetch)
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session: Any = onnxruntime.InferenceSession(
            str(self._file), options, providers=["CPUExecutionProvider"]
        )
        self._input = self._session.get_inputs()[0].name

    def __call__(self, pixels: ImageArray, face: Face) -> FloatArray:
        """The face's descriptor."""
        values = vggface_input(align(shrunk(pixels), face))
        output = np.asarray(self._session.run(None, {self._input: values})[0], np.float32).ravel()
        if output.shape != (self.width,):
            raise ModelError(f"The file {self._file} is not VGG-Face: it gives {output.size}.")
        norm = float(np.linalg.norm(output))
        return output / np.float32(norm) if norm > 0 else output


class DeepFaceEncoder:
    """Any recogniser of DeepFace, by its name there, on faces found by this program.

    Raises:
        ModelError: its weights are not there (``fetch`` lets DeepFace download them), or DeepFace
            can't load them.
    """

    def __init__(self, model: str, *, fetch: bool = False) -> None:
        self.name = model
        self.width, file = DEEPFACE_MODELS[model]
        self._deepface = _build(model, deepface_weights_dir() / file, "", fetch)

    def __call__(self, pixels: ImageArray, face: Face) -> FloatArray:
        """The face's descriptor."""
        aligned = np.ascontiguousarray(align(shrunk(pixels), face)[..., ::-1])
        answer = self._deepface.represent(
            aligned,
            model_name=self.name,
            detector_backend="skip",
            enforce_detection=False,
            align=False,
        )
        return np.asarray(answer[0]["embedding"], np.float32)


def shrunk(pixels: ImageArray, side: int = LARGEST_SIDE) -> ImageArray:
    """The photo with its longer side at most ``side`` pixels."""
    from core.inference.preprocess import resize

    height, width = pixels.shape[:2]
    factor = side / max(height, width)
    if factor >= 1:
        return pixels
    return resize(pixels, max(1, round(width * factor)), max(1, round(height * factor)), "box")


def build_encoder(name: str, *, fetch: bool = False) -> Encoder:
    """The encoder of that name; ``fetch`` lets DeepFace download weights that are not there.

    Raises:
        UsageError: there is none of that name.
        ModelError: its weights are not there.
    """
    plain = name.lower().replace("-", "")
    if plain == FaceResEncoder.name:
        return FaceResEncoder()
    if plain == VggFaceEncoder.name:
        return VggFaceEncoder(fetch=fetch)
    by_name = {known.lower(): known for known in DEEPFACE_MODELS}
    if plain in by_name:
        return DeepFaceEncoder(by_name[plain], fetch=fetch)
    known = ", ".join(["faceres", "vggface", *DEEPFACE_MODELS])
    raise UsageError(f"There is no face encoder {name}; there are: {known}.")


@dataclass(frozen=True, slots=True)
class Described:
    """What is remembered of one photo: its faces (k, 5: x, y, w, h, score), largest first, in
    fractions, and the largest one's descriptor (zeros without a face)."""

    faces: NDArray[np.float32]
    descriptor: NDArray[np.float32]


class DescriptorCache:
    """Faces and descriptors on disk, one small file per photo content and encoder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def get(self, encoder: str, key: str) -> Described | None:
        """What is stored for this encoder and content, if it can be read."""
        try:
            with np.load(self._folder / encoder / f"{key}.npz", allow_pickle=False) as stored:
                return Described(stored["faces"], stored["descriptor"])
        except (OSError, ValueError, EOFError, KeyError, BadZipFile):
            return None

    def put(self, encoder: str, key: str, described: Described) -> None:
        """Store one; written aside and renamed, so that an interruption leaves nothing half."""
        folder = self._folder / encoder
        folder.mkdir(parents=True, exist_ok=True)
        aside = folder / f".{key}.{os.getpid()}.npz"
        np.savez(aside, faces=described.faces, descriptor=described.descriptor)
        aside.replace(folder / f"{key}.npz")
