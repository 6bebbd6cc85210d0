"""A static web page of the best: HTML beside its pictures, no scripts, no outside links."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from html import escape
from pathlib import Path
from urllib.parse import quote

from core.errors import UnreadablePhotoError
from core.exporting.files import Exported, ExportError, export_name, resized_jpeg
from core.exporting.selection import Ranked
from core.files.atomic import write_atomically
from core.paths import display_name

LARGE, SMALL = 1600, 480

STYLE = """
:root { color-scheme: light dark; font: 16px/1.4 system-ui, sans-serif }
body { margin: 1.5rem auto; max-width: 80rem; padding: 0 1rem }
h1 { font-weight: 500 }
ol { list-style: none; padding: 0; display: grid; gap: 1rem;
     grid-template-columns: repeat(auto-fill, minmax(14rem, 1fr)) }
img { width: 100%; height: 14rem; object-fit: cover; border-radius: 4px; display: block }
figure { margin: 0 }
figcaption { padding-top: .3rem; overflow-wrap: anywhere }
.score { font-variant-numeric: tabular-nums; opacity: .75 }
"""


def write_page(
    photos: Sequence[Ranked],
    out: Path,
    title: str,
    *,
    on_progress: Callable[[int, int], None] | None = None,
) -> Exported:
    """Write ``index.html`` and resized pictures into the folder ``out``.

    Pictures carry no metadata of the originals (no places, no names).

    Raises:
        ExportError: the folder can't be written.
    """
    done = Exported()
    shown: list[tuple[Ranked, str]] = []
    try:
        for index, ranked in enumerate(photos):
            name = export_name(ranked, len(photos), resized=True)
            safe = display_name(name).replace("\N{REPLACEMENT CHARACTER}", "_")
            try:
                large = resized_jpeg(ranked.photo.path, LARGE)
                small = resized_jpeg(ranked.photo.path, SMALL)
            except UnreadablePhotoError as error:
                done.failed[ranked.photo.path] = str(error)
            else:
                for folder, content in (("photos", large), ("small", small)):
                    write_atomically(out / folder / safe, content)
                    done.bytes += len(content)
                done.files.append(out / "photos" / safe)
                shown.append((ranked, safe))
            if on_progress is not None:
                on_progress(index + 1, len(photos))
        html = to_html(shown, title).encode("utf-8")
        write_atomically(out / "index.html", html)
    except OSError as error:
        raise ExportError(
            f"{display_name(out)} can't be written: {error.strerror or error}."
        ) from error
    done.bytes += len(html)
    return done


def to_html(shown: Sequence[tuple[Ranked, str]], title: str) -> str:
    """The page; every text of the user's is escaped."""
    figures = "\n".join(_figure(ranked, name) for ranked, name in shown)
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{escape(title)}</title>\n<style>{STYLE}</style></head>\n"
        f"<body><h1>{escape(title)}</h1>\n<ol>\n{figures}\n</ol></body></html>\n"
    )


def _figure(ranked: Ranked, name: str) -> str:
    photo = ranked.photo
    label = escape(display_name(photo.path.stem))
    score = f' <span class="score">{photo.score.mean:.2f} of 10</span>' if photo.score else ""
    stars = f' <span aria-label="{photo.rating} stars">{"★" * photo.rating}</span>'
    return (
        f'<li><figure><a href="photos/{quote(name)}">'
        f'<img src="small/{quote(name)}" alt="{label}" loading="lazy"></a>'
        f"<figcaption>{ranked.rank}. {label}{score}{stars if photo.rating else ''}"
        "</figcaption></figure></li>"
    )
