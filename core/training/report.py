"""One HTML file with the paper's figures on the user's photos; it loads nothing from outside."""

from __future__ import annotations

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from html import escape
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from core.training import figures
from core.training.crops import LINE, CropStatistics, LowerBound
from core.training.evaluate import Evaluation
from core.training.metrics import Agreement, Array, mean_scores

if TYPE_CHECKING:
    from core.training.table import Ablation

TOP = 10
PICTURE = 220
FACE_SIZES = ((0.0, 0.08), (0.08, 0.2), (0.2, 0.4), (0.4, 10.0))
CALIBRATION_BINS = 8


@dataclass(frozen=True, slots=True)
class ReportParts:
    """What a report shows. ``evaluations`` are on the same photos, the model in question last."""

    title: str
    evaluations: Sequence[Evaluation]
    names: Sequence[str]
    ablation: Ablation | None = None
    crops: Sequence[CropStatistics] = ()
    bound: LowerBound | None = None
    notes: Sequence[str] = field(default_factory=tuple)


def render(parts: ReportParts) -> str:
    """The whole page."""
    main = parts.evaluations[-1]
    name = parts.names[-1]
    truth = mean_scores(main.truth)
    body = [f"<h1>{escape(parts.title)}</h1>"]
    body += [f"<p>{escape(note)}</p>" for note in parts.notes]
    body.append("<h2>Agreement with people</h2>")
    body.append(
        "<p>95 % bootstrap intervals over groups of photos. Accuracy: same side of "
        f"{main.overall.threshold:g}.</p>"
    )
    body.append(_agreement_table("All photos", parts, [e.overall for e in parts.evaluations]))
    if all(e.portraits for e in parts.evaluations):
        chosen = [e.portraits for e in parts.evaluations if e.portraits]
        body.append(_agreement_table("Portraits (a face over 8 % of the width)", parts, chosen))
    body.append(_spread_table(parts))
    body.append('<div class="figures">')
    for evaluation, label in zip(parts.evaluations, parts.names, strict=True):
        body.append(
            figures.scatter(
                f"{label}: prediction against people",
                mean_scores(evaluation.truth),
                mean_scores(evaluation.predicted),
                "mean rating by people",
                "predicted mean",
                lines=[(1.0, "equal")],
            )
        )
    body.append(calibration_figure(mean_scores(main.predicted), truth, name))
    body += error_figures(main)
    body.append("</div>")
    if parts.ablation is not None:
        body += _ablation_section(parts.ablation)
    body += _crop_section(parts)
    body += _picture_section(parts)
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        f"<title>{escape(parts.title)}</title><style>{figures.STYLE}</style></head><body>"
        + "\n".join(body)
        + "</body></html>"
    )


def _table(caption: str, head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    cells = "".join(f"<th>{escape(h)}</th>" for h in head)
    lines = "".join(
        "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in row) + "</tr>" for row in rows
    )
    return f"<table><caption>{escape(caption)}</caption><tr>{cells}</tr>{lines}</table>"


def _figures_of(label: str, found: Agreement) -> list[str]:
    distance = str(found.emd) if found.emd else "–"
    return [label, str(found.n), *map(str, (found.accuracy, found.lcc, found.srcc)), distance]


def _agreement_table(caption: str, parts: ReportParts, found: Sequence[Agreement]) -> str:
    rows = [_figures_of(n, a) for n, a in zip(parts.names, found, strict=True)]
    return _table(caption, ["model", "n", "accuracy", "LCC", "SRCC", "EMD"], rows)


def _spread_table(parts: ReportParts) -> str:
    spreads = [("people", parts.evaluations[-1].overall.truth)]
    spreads += [
        (n, e.overall.predicted) for n, e in zip(parts.names, parts.evaluations, strict=True)
    ]
    rows = [
        [name, *(f"{v:.3f}" for v in (s.mean, s.median, s.std, s.min, s.max))]
        for name, s in spreads
    ]
    return _table("Use of the scale", ["", "mean", "median", "sd", "min", "max"], rows)


def calibration_figure(predicted: Array, truth: Array, name: str) -> str:
    """Mean rating of photos in equal-sized bins of predicted score."""
    order = np.argsort(predicted)
    bins = [b for b in np.array_split(order, min(CALIBRATION_BINS, len(order))) if len(b)]
    return figures.curves(
        f"{name}: calibration",
        [float(predicted[b].mean()) for b in bins],
        [(name, [float(truth[b].mean()) for b in bins])],
        "predicted mean",
        "mean rating by people",
        diagonal=True,
    )


def error_figures(evaluation: Evaluation) -> list[str]:
    """Mean absolute error by number of faces and by size of the largest."""
    error = np.abs(mean_scores(evaluation.predicted) - mean_scores(evaluation.truth))
    count = np.array([len(f) for f in evaluation.photos.faces])
    width = evaluation.photos.face_widths

    def mean(chosen: NDArray[np.bool_]) -> float:
        return float(error[chosen].mean()) if chosen.any() else float("nan")

    groups = [("none", count == 0), ("1", count == 1), ("2", count == 2), ("3 or more", count > 2)]
    sizes = [
        (
            f"{low:.0%}–{high:.0%}" if high < 1 else f"over {low:.0%}",
            (width > low) & (width <= high) & (count > 0),
        )
        for low, high in FACE_SIZES
    ]
    return [
        figures.bars(
            title, [f"{n} ({int(c.sum())})" for n, c in g], [mean(c) for _, c in g], "error"
        )
        for title, g in (
            ("Error by number of faces (photos)", groups),
            ("Error by width of the largest face (photos)", sizes),
        )
    ]


def _ablation_section(ablation: Ablation) -> list[str]:
    rows, sizes = [], []
    for row in ablation.rows:
        found = row.portraits or row.overall
        sizes.append(float(row.size))
        gain = str(row.portrait_gain or row.gain or "–")
        rows.append([*_figures_of(str(row.size), found), str(row.overall.srcc), gain])
    portraits = all(row.portraits for row in ablation.rows)
    head = ["size", "n", "accuracy", "LCC", "SRCC", "EMD", "SRCC, all photos", "SRCC gained"]
    series = [
        (label, [getattr(row.portraits or row.overall, name).value for row in ablation.rows])
        for label, name in (("accuracy", "accuracy"), ("LCC", "lcc"), ("SRCC", "srcc"))
    ]
    caption = f"Embedding size, {ablation.encoder}, {ablation.folds} folds by group, held out"
    return [
        "<h2>Size of the face embedding</h2>",
        _table(caption + (" (portraits)" if portraits else ""), head, rows),
        figures.curves("Agreement against embedding size", sizes, series, "size", "agreement"),
    ]


def _crop_section(parts: ReportParts) -> list[str]:
    if not parts.crops:
        return []
    rows = [
        [
            c.kind,
            str(c.n),
            *(f"{v:.3f}" for v in (c.spread.mean, c.spread.median, c.spread.std)),
            *(f"{v:.3f}" for v in (c.spread.min, c.spread.max)),
            *(f"{v:.1%}" for v in (c.accuracy, c.normalised_accuracy, c.under_line)),
            f"{c.srcc:.3f}",
        ]
        for c in parts.crops
    ]
    head = ["crop", "n", "mean", "median", "sd", "min", "max", "accuracy", "normalised"]
    head += [f"under {LINE:g} x truth", "SRCC"]
    body = ["<h2>Crops scored alone</h2>", _table("Face and body crops", head, rows)]
    body.append('<div class="figures">')
    body += [
        figures.scatter(
            f"{c.kind} crop against people",
            c.truth,
            c.scores,
            "mean rating by people",
            "score of the crop",
            lines=[(LINE, f"{LINE:g} x"), (1.0, "equal")],
        )
        for c in parts.crops
    ]
    body.append("</div>")
    if parts.bound is not None:
        body += _bound_section(parts.bound)
    return body


def _bound_section(bound: LowerBound) -> list[str]:
    best = sorted(bound.cells, key=lambda cell: -cell.srcc)[:5]
    active = bound.best_active
    if active is not None and active not in best:
        best[-1] = active
    rows = [
        [label, f"{c.accuracy:.3f}", f"{c.lcc:.3f}", f"{c.srcc:.3f}", f"{c.changed:.0%}"]
        for label, c in [
            ("unadjusted", bound.plain),
            ("m and b chosen on the other folds", bound.held_out),
            *((f"m = {c.slope:g}, b = {c.offset:g}", c) for c in best),
        ]
    ]
    return [
        _table(
            f"max(score, (face - b) / m) on {bound.n} photos with a face; the last five lines are "
            f"the best of {len(bound.cells)} settings chosen on these very photos, so they flatter "
            "(the best that changes a tenth of the photos among them)",
            ["", "accuracy", "LCC", "SRCC", "photos changed"],
            rows,
        )
    ]


def _picture_section(parts: ReportParts) -> list[str]:
    main = parts.evaluations[-1]
    truth = mean_scores(main.truth)
    lists = [("people", truth)]
    lists += [
        (n, mean_scores(e.predicted)) for n, e in zip(parts.names, parts.evaluations, strict=True)
    ]
    body = ["<h2>Best and worst</h2>", '<div class="side">']
    for name, scores in lists:
        body.append(f"<div><h3>Top {TOP} by {escape(name)}</h3>")
        body.append(_strip(main, np.argsort(-scores, kind="stable")[:TOP], scores, truth))
        body.append("</div>")
    body.append("</div>")
    name, scores = lists[-1]
    body.append(f"<h3>Worst {TOP} by {escape(name)}</h3>")
    body.append(_strip(main, np.argsort(scores, kind="stable")[:TOP], scores, truth))
    return body


def _strip(evaluation: Evaluation, chosen: NDArray[np.intp], scores: Array, truth: Array) -> str:
    parts = []
    for index in chosen:
        path = evaluation.photos.paths[index]
        parts.append(
            f'<figure><img alt="{escape(path.name)}" '
            f'src="{_embedded(evaluation.photos.stored[index])}"><figcaption>'
            f"{escape(path.name)}<br>{scores[index]:.2f}, people {truth[index]:.2f}"
            "</figcaption></figure>"
        )
    return f'<div class="photos">{"".join(parts)}</div>'


def _embedded(pixels: NDArray[np.uint8]) -> str:
    from PIL import Image

    stream = io.BytesIO()
    Image.fromarray(pixels).resize((PICTURE, PICTURE)).save(stream, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(stream.getvalue()).decode()


def write_report(parts: ReportParts, file: Path) -> None:
    """Write the page; it is whole or not there."""
    file.parent.mkdir(parents=True, exist_ok=True)
    aside = file.with_name(f".{file.name}.part")
    aside.write_text(render(parts), encoding="utf-8")
    aside.replace(file)
