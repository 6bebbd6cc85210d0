"""A contact sheet: pages of thumbnails with rank, name and score, as PDF."""

from __future__ import annotations

import io
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from core.exporting.selection import Ranked
from core.files.atomic import write_atomically
from core.paths import display_name

DPI = 150
PAGE = (1240, 1754)  # A4 upright
MARGIN = 70
COLUMNS, ROWS = 4, 5
CAPTION = 52
GAP = 20

Thumbnails = Callable[[Sequence[int]], Mapping[int, bytes]]


def write_contact_sheet(
    photos: Sequence[Ranked], thumbnails: Thumbnails, out: Path, title: str = ""
) -> int:
    """Write a PDF of A4 pages with 20 photos each; gives the number of pages.

    Photos without a thumbnail show as an empty frame. Raises ``OSError``.
    """
    per_page = COLUMNS * ROWS
    count = max(1, -(-len(photos) // per_page))
    pages = [
        _page(
            photos[start * per_page : (start + 1) * per_page],
            thumbnails,
            f"{title}   {start + 1} / {count}".strip(),
        )
        for start in range(count)
    ]
    content = io.BytesIO()
    pages[0].save(
        content,
        "PDF",
        save_all=True,
        append_images=pages[1:],
        resolution=DPI,
        title=title or "Contact sheet",
    )
    write_atomically(out, content.getvalue())
    return count


def _page(photos: Sequence[Ranked], thumbnails: Thumbnails, header: str) -> Any:
    from PIL import Image, ImageDraw, ImageFont

    page = Image.new("RGB", PAGE, "white")
    draw = ImageDraw.Draw(page)
    small = ImageFont.load_default(20)
    draw.text((MARGIN, MARGIN - 40), _drawable(header), fill="black", font=small)
    width = (PAGE[0] - 2 * MARGIN - (COLUMNS - 1) * GAP) // COLUMNS
    height = (PAGE[1] - 2 * MARGIN - (ROWS - 1) * GAP) // ROWS
    jpegs = thumbnails([ranked.photo.id for ranked in photos])
    for index, ranked in enumerate(photos):
        left = MARGIN + index % COLUMNS * (width + GAP)
        top = MARGIN + index // COLUMNS * (height + GAP)
        room = (width, height - CAPTION)
        jpeg = jpegs.get(ranked.photo.id)
        if jpeg is None:
            draw.rectangle((left, top, left + room[0], top + room[1]), outline="grey")
        else:
            with Image.open(io.BytesIO(jpeg)) as picture:
                picture.thumbnail(room, Image.Resampling.LANCZOS)
                page.paste(
                    picture.convert("RGB"),
                    (left + (room[0] - picture.width) // 2, top + (room[1] - picture.height) // 2),
                )
        _caption(draw, ranked, left, top + room[1] + 4, width, small)
    return page


def _caption(draw: Any, ranked: Ranked, left: int, top: int, width: int, font: Any) -> None:
    score = ranked.photo.score
    name = _drawable(display_name(ranked.photo.path.name))
    while name and draw.textlength(name, font=font) > width:
        name = name[:-2] + "…" if len(name) > 2 else ""
    line = f"{ranked.rank}"
    if score is not None:
        line += f"   {score.mean:.2f}"
    if ranked.photo.rating:
        line += "   " + "*" * ranked.photo.rating
    draw.text((left, top), line, fill="black", font=font)
    draw.text((left, top + 22), name, fill="grey", font=font)


def _drawable(text: str) -> str:
    """Text that the built-in font can draw."""
    return "".join(sign if sign.isprintable() else "?" for sign in text)
