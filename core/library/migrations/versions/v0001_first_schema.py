"""The first schema: user data, the index, derived data."""

from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None

STATEMENTS = [
    """CREATE TABLE albums (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    path BLOB NOT NULL,
    name TEXT NOT NULL,
    added_at DATETIME NOT NULL,
    offline_since DATETIME,
    ignore_patterns JSON NOT NULL,
    UNIQUE (path)
)""",
    """CREATE TABLE journal (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    at DATETIME NOT NULL,
    kind TEXT NOT NULL,
    description TEXT NOT NULL,
    "before" JSON NOT NULL,
    "after" JSON NOT NULL,
    undone_at DATETIME
)""",
    """CREATE TABLE models (
    id INTEGER NOT NULL,
    "key" TEXT NOT NULL,
    PRIMARY KEY (id),
    UNIQUE ("key")
)""",
    """CREATE TABLE people (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    hidden BOOLEAN NOT NULL,
    changed_at DATETIME NOT NULL
)""",
    """CREATE TABLE smart_albums (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    name TEXT NOT NULL,
    "query" TEXT NOT NULL,
    changed_at DATETIME NOT NULL,
    UNIQUE (name)
)""",
    """CREATE TABLE photos (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    album_id INTEGER,
    folder BLOB NOT NULL,
    name BLOB NOT NULL,
    label TEXT NOT NULL,
    size BIGINT NOT NULL,
    mtime_ns BIGINT NOT NULL,
    inode TEXT NOT NULL,
    device TEXT NOT NULL,
    fingerprint BLOB,
    added_at DATETIME NOT NULL,
    missing_since DATETIME,
    facts_source TEXT,
    format TEXT,
    width INTEGER,
    height INTEGER,
    orientation INTEGER,
    animated BOOLEAN,
    taken_at DATETIME,
    taken_source TEXT,
    camera TEXT,
    lens TEXT,
    iso INTEGER,
    exposure_s FLOAT,
    aperture FLOAT,
    focal_mm FLOAT,
    likeness BIGINT,
    face_count INTEGER NOT NULL,
    reasons_source TEXT,
    UNIQUE (folder, name),
    FOREIGN KEY(album_id) REFERENCES albums (id) ON DELETE SET NULL
)""",
    "CREATE INDEX ix_photos_album ON photos (album_id, missing_since, id)",
    "CREATE INDEX ix_photos_inode ON photos (inode, device)",
    "CREATE INDEX ix_photos_label ON photos (album_id, label, id)",
    "CREATE INDEX ix_photos_size ON photos (size)",
    "CREATE INDEX ix_photos_taken ON photos (album_id, taken_at, id)",
    """CREATE TABLE analyses (
    model_id INTEGER NOT NULL,
    photo_id INTEGER NOT NULL,
    source TEXT NOT NULL,
    status TEXT NOT NULL,
    reason TEXT,
    mean FLOAT,
    std FLOAT,
    uncertainty FLOAT,
    distribution BLOB,
    scene_maps BLOB,
    face_maps BLOB,
    face_map_box JSON,
    analyzed_at DATETIME NOT NULL,
    PRIMARY KEY (model_id, photo_id),
    FOREIGN KEY(model_id) REFERENCES models (id) ON DELETE CASCADE,
    FOREIGN KEY(photo_id) REFERENCES photos (id)
)""",
    "CREATE INDEX ix_analyses_mean ON analyses (model_id, mean, photo_id)",
    "CREATE INDEX ix_analyses_photo ON analyses (photo_id)",
    "CREATE INDEX ix_analyses_status ON analyses (model_id, status, photo_id)",
    """CREATE TABLE faces (
    id INTEGER NOT NULL,
    photo_id INTEGER NOT NULL,
    x FLOAT NOT NULL,
    y FLOAT NOT NULL,
    w FLOAT NOT NULL,
    h FLOAT NOT NULL,
    score FLOAT NOT NULL,
    keypoints BLOB,
    descriptor BLOB,
    PRIMARY KEY (id),
    FOREIGN KEY(photo_id) REFERENCES photos (id)
)""",
    "CREATE INDEX ix_faces_photo ON faces (photo_id)",
    """CREATE TABLE group_marks (
    first_id INTEGER NOT NULL,
    second_id INTEGER NOT NULL,
    together BOOLEAN NOT NULL,
    changed_at DATETIME NOT NULL,
    PRIMARY KEY (first_id, second_id),
    FOREIGN KEY(first_id) REFERENCES photos (id),
    FOREIGN KEY(second_id) REFERENCES photos (id)
)""",
    """CREATE TABLE judgements (
    photo_id INTEGER NOT NULL,
    rating INTEGER NOT NULL,
    flag TEXT,
    color TEXT,
    changed_at DATETIME NOT NULL,
    PRIMARY KEY (photo_id),
    FOREIGN KEY(photo_id) REFERENCES photos (id)
)""",
    "CREATE INDEX ix_judgements_flag ON judgements (flag, photo_id)",
    "CREATE INDEX ix_judgements_rating ON judgements (rating, photo_id)",
    """CREATE TABLE moves (
    id INTEGER NOT NULL PRIMARY KEY AUTOINCREMENT,
    journal_id INTEGER NOT NULL,
    photo_id INTEGER,
    source BLOB NOT NULL,
    target BLOB,
    how TEXT NOT NULL,
    size BIGINT NOT NULL,
    mtime_ns BIGINT NOT NULL,
    content_hash BLOB,
    state TEXT NOT NULL,
    note TEXT,
    FOREIGN KEY(journal_id) REFERENCES journal (id),
    FOREIGN KEY(photo_id) REFERENCES photos (id)
)""",
    "CREATE INDEX ix_moves_journal ON moves (journal_id, id)",
    "CREATE INDEX ix_moves_state ON moves (state)",
    """CREATE TABLE person_faces (
    id INTEGER NOT NULL,
    person_id INTEGER NOT NULL,
    photo_id INTEGER NOT NULL,
    x FLOAT NOT NULL,
    y FLOAT NOT NULL,
    w FLOAT NOT NULL,
    h FLOAT NOT NULL,
    source TEXT NOT NULL,
    PRIMARY KEY (id),
    FOREIGN KEY(person_id) REFERENCES people (id),
    FOREIGN KEY(photo_id) REFERENCES photos (id)
)""",
    "CREATE INDEX ix_person_faces_person ON person_faces (person_id, photo_id)",
    "CREATE INDEX ix_person_faces_photo ON person_faces (photo_id)",
    """CREATE TABLE reasons (
    photo_id INTEGER NOT NULL,
    rank INTEGER NOT NULL,
    code TEXT NOT NULL,
    value FLOAT NOT NULL,
    threshold FLOAT NOT NULL,
    severity FLOAT NOT NULL,
    x FLOAT,
    y FLOAT,
    w FLOAT,
    h FLOAT,
    PRIMARY KEY (photo_id, rank),
    FOREIGN KEY(photo_id) REFERENCES photos (id)
)""",
    "CREATE INDEX ix_reasons_code ON reasons (code, photo_id)",
]


def upgrade() -> None:
    for statement in STATEMENTS:
        op.execute(statement)
