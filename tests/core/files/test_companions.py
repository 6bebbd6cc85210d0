"""Sidecars, clips and notes go where their photo goes; a namesake's stay."""

from __future__ import annotations

import pytest

from core.files.companions import companions


@pytest.mark.parametrize(
    ("photos", "others", "expected"),
    [
        (["I_1.jpg"], ["I_1.jpg.xmp", "I_1.xmp", "I_2.xmp"], ["I_1.jpg.xmp", "I_1.xmp"]),
        (["IMG_1.HEIC"], ["IMG_1.MOV", "img_1.aae", "IMG_10.MOV"], ["IMG_1.MOV", "img_1.aae"]),
        (["a.jpg"], ["a.txt", "a.zip", "a.jpg.bak", "ab.xmp"], []),
        (["a.jpg"], ["a.png", "a.xmp", "a.jpg.xmp", "a.png.xmp"], ["a.jpg.xmp"]),
        (["a.jpg", "a.CR2"], ["a.xmp", "a.CR2.xmp"], ["a.CR2.xmp", "a.xmp"]),
        (["a.CR2"], ["a.jpg", "a.xmp", "a.CR2.xmp"], ["a.CR2.xmp"]),
        (["a.CR2"], ["a_01.CR2.xmp", "a_1.CR2.xmp", "a_01.NEF.xmp"], ["a_01.CR2.xmp"]),
        (["PXL_1.MP.jpg"], ["PXL_1.MP", "PXL_2.MP"], ["PXL_1.MP"]),
        (["a.jpg"], ["a.jpg.json", "a.jpg.supplemental-metadata.json"],
         ["a.jpg.json", "a.jpg.supplemental-metadata.json"]),
    ],
)  # fmt: skip
def test_what_goes_along(photos: list[str], others: list[str], expected: list[str]) -> None:
    assert companions(photos, [*photos, *others]) == sorted(expected)
