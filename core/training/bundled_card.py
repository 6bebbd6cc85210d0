"""What the card of the bundled ``fused`` says that no run can measure."""

from __future__ import annotations

from typing import Any

FACTS: dict[str, Any] = {
    "title": "Fused: the scene and the face",
    "version": "1",
    "licence": "Apache-2.0",
    "credit": (
        "Method: Wu and Hou, Neural Aesthetic Portrait Image Assessment; Talebi and Milanfar, "
        "NIMA, 2018. Backbone: idealo.de, image-quality-assessment (Lennan, Nguyen, Tran), "
        "Apache-2.0. Face descriptor: Andrey Savchenko, HSE_FaceRec_tf, Apache-2.0. Ratings: "
        "OASIS (Kurdi, Lozano and Banaji, 2017), beauty ratings by Brielmann and others."
    ),
    "source": (
        "albumen train ratings.csv --preset bundled --everything --study --companions photos.csv "
        "--level 5 --spread 0.6 --name fused --out DIR gives this model again from the same "
        "photos: mean scores within 0.1, 0.01 on average. Settings were chosen on three splits "
        "into five folds by theme; the metrics are of a fourth split of the same themes."
    ),
    "training_data": (
        "534 photos of the OASIS set in 149 themes, each rated for beauty by 104 to 368 people "
        "on 1..7, stretched onto 1..10; 544 unrated portraits with degraded copies, so that "
        "strong faults do not raise the score. MobileNet's parts keep NIMA's weights (AVA); the "
        "dense layer over scene and face was solved anew, photos with a face counting twice."
    ),
    "scale": (
        "1..10. The level is set so that the photos trained on, everyday snapshots and scenes, "
        "average 5, and the spread so that their standard deviation is 0.6 (NIMA's is 0.43 on the "
        "same photos): most photos lie between 4 and 6, below 4 is poor, above 6 rare. People's "
        "own means were 6.1 with a spread of 1.5 on this scale, so agreement is a matter of order "
        "and proportion; accuracy and EMD in the metrics are of scores before level and spread "
        "were set. Scores of other models are not comparable, only orders are."
    ),
    "face": (
        "The descriptor is FaceRes's of the largest face, raw; all zeros for a photo without a "
        "face, which the same graph scores."
    ),
    "limits": [
        "The ratings are of beauty, so content counts beside craft: a pretty view taken badly "
        "can score above a dull one taken well.",
        "Covered faces and faces left in the dark are hardly seen as faults; the measured "
        "reasons are for that.",
        "A dark photo is scored lower than the same photo well exposed, but by little: dark "
        "pictures that people like are not told from underexposed ones.",
        "People's ratings of portraits follow expressions and what happens more than the craft: "
        "crying, injured or frightened people are rated low however well they are taken.",
        "Slight blur, noise and exposure errors are not reliably scored lower; see the table of "
        "faults for strong ones.",
        "Faces are described when the detector finds them: profiles and very small faces are "
        "scored by the scene alone.",
        "On 534 photos the interval of every figure is wide; two photos closer than the stated "
        "uncertainty are too close to call.",
    ],
}
