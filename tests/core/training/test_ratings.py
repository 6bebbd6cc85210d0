"""Reading ratings: AVA's files, CSVs of counts or means, themes and folds."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from core.errors import UsageError
from core.training.ratings import around, folds, read_ava, read_csv, stretch, theme


def test_ava_portraits_are_chosen_by_the_tags_name_and_need_their_image(ava: Path) -> None:
    photos = read_ava(ava)
    assert [photo.path.name for photo in photos] == ["1001.jpg", "1002.jpg", "1004.jpg"]
    assert photos[0].raters == 50
    assert photos[0].distribution == pytest.approx(np.array([0, 1, 2, 5, 10, 20, 8, 3, 1, 0]) / 50)
    assert photos[0].group == photos[1].group != photos[2].group


def test_ava_can_be_read_whole_or_by_another_tag(ava: Path) -> None:
    assert len(read_ava(ava, None)) == 4
    assert [p.path.name for p in read_ava(ava, ["still life"])] == ["1003.jpg"]


def test_ava_says_which_tag_is_unknown_and_which_exist(ava: Path) -> None:
    with pytest.raises(UsageError, match=r"no tag Sunset.*portraiture"):
        read_ava(ava, ["Sunset"])


def test_ava_says_which_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"AVA\.txt"):
        read_ava(tmp_path)


def test_seven_levels_are_stretched_over_ten_keeping_order_and_total() -> None:
    shares = stretch([0, 0, 0, 10, 0, 0, 0])
    assert shares.sum() == pytest.approx(1)
    assert shares @ np.arange(1, 11) == pytest.approx(5.5)
    low = stretch([30, 5, 0, 0, 0, 0, 0]) @ np.arange(1, 11)
    high = stretch([0, 0, 0, 0, 0, 5, 30]) @ np.arange(1, 11)
    assert 1 < low < 2.5
    assert 8.5 < high < 10


def test_ten_levels_pass_through() -> None:
    assert stretch(np.ones(10)) == pytest.approx(np.full(10, 0.1))


@pytest.mark.parametrize("mean", [1.3, 4.0, 5.5, 9.4])
def test_a_mean_becomes_a_distribution_with_that_mean(mean: float) -> None:
    shares = around(mean)
    assert shares.sum() == pytest.approx(1)
    assert shares @ np.arange(1, 11) == pytest.approx(mean, abs=1e-4)


def test_a_csv_of_counts_is_found_without_naming_its_columns(rated_csv: Path) -> None:
    photos = read_csv(rated_csv)
    assert len(photos) == 20
    assert photos[0].group == photos[10].group == "Theme0"
    assert photos[0].mean < photos[-1].mean


def test_a_csv_of_means_is_put_on_one_to_ten(tmp_path: Path, rated_csv: Path) -> None:
    photos = read_csv(rated_csv, mean_column="beauty_mean", mean_range=(1, 7))
    assert photos[10].mean == pytest.approx(1 + 9 * 10 / 19, abs=1e-3)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("picture,score\na.jpg,3\n", "column named file"),
        ("file,colour\na.jpg,3\n", "counts"),
        ("file,mean\na.jpg,3\n", "None of the photos"),
    ],
)
def test_a_csv_that_cannot_be_used_says_what_it_lacks(tmp_path: Path, text: str, said: str) -> None:
    table = tmp_path / "r.csv"
    table.write_text(text)
    with pytest.raises(UsageError, match=said):
        read_csv(table)


def test_a_theme_is_the_name_without_its_number() -> None:
    assert theme("Lake 12.jpg") == theme("Lake 3.png") == "Lake"
    assert theme("2024.jpg") == "2024"


def test_folds_never_split_a_group_and_are_even() -> None:
    groups = [f"g{i % 12}" for i in range(60)]
    fold = folds(groups, 4)
    for group in set(groups):
        assert len({int(f) for f, g in zip(fold, groups, strict=True) if g == group}) == 1
    assert np.bincount(fold).tolist() == [15, 15, 15, 15]
    with pytest.raises(UsageError, match="folds need"):
        folds(["a", "a"], 2)
