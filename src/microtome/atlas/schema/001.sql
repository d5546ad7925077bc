-- Schema 1. docs/atlas_format.md explains it. Numbers in blobs are little-endian.

CREATE TABLE network (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  hash TEXT NOT NULL,
  format TEXT NOT NULL,
  name TEXT NOT NULL,
  input TEXT NOT NULL,    -- JSON
  classes TEXT NOT NULL   -- JSON list of texts
);

CREATE TABLE layer (
  id INTEGER PRIMARY KEY,
  position INTEGER NOT NULL,       -- in graph order
  name TEXT NOT NULL UNIQUE,
  aliases TEXT NOT NULL,           -- JSON list of texts
  op TEXT NOT NULL,
  shape TEXT NOT NULL,             -- JSON list of integers, without the batch axis
  units INTEGER NOT NULL,
  receptive_field TEXT NOT NULL,   -- JSON
  macs_share REAL
);

CREATE TABLE concepts (
  one INTEGER PRIMARY KEY CHECK (one = 1),
  hash TEXT NOT NULL,
  categories TEXT NOT NULL,        -- JSON list of names; a category's number is its place
  images INTEGER NOT NULL
);

CREATE TABLE concept (
  number INTEGER PRIMARY KEY,      -- 0: none
  name TEXT NOT NULL,
  display_name TEXT NOT NULL,
  category INTEGER NOT NULL,       -- primary category, -1: none
  categories TEXT NOT NULL         -- JSON list of integers
);

CREATE TABLE run (
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,        -- SHA-256 over what determines the numbers
  stage TEXT NOT NULL,
  version TEXT NOT NULL,
  network_hash TEXT NOT NULL,
  data_hash TEXT NOT NULL,
  settings TEXT NOT NULL,          -- JSON
  command TEXT NOT NULL,
  started TEXT NOT NULL,           -- UTC, ISO 8601
  ended TEXT                       -- NULL while unfinished
);

CREATE TABLE checkpoint (
  run INTEGER PRIMARY KEY REFERENCES run(id),
  images_done INTEGER NOT NULL
);

-- In parts, because SQLite limits one value to 1 GB.
CREATE TABLE checkpoint_part (
  run INTEGER NOT NULL REFERENCES checkpoint(run) ON DELETE CASCADE,
  part INTEGER NOT NULL,
  bytes BLOB NOT NULL,
  UNIQUE (run, part)
);

CREATE TABLE blob (
  id INTEGER PRIMARY KEY,
  hash TEXT NOT NULL UNIQUE,       -- SHA-256 of the bytes
  bytes BLOB NOT NULL
);

CREATE TABLE dissection (
  layer INTEGER PRIMARY KEY REFERENCES layer(id),
  run INTEGER NOT NULL REFERENCES run(id),
  map_width INTEGER NOT NULL,
  map_height INTEGER NOT NULL,
  tail REAL,
  images INTEGER NOT NULL
);

-- One row a unit and sign; label to ceiling are its best concept.
CREATE TABLE unit (
  id INTEGER PRIMARY KEY,
  layer INTEGER NOT NULL REFERENCES dissection(layer) ON DELETE CASCADE,
  unit INTEGER NOT NULL,
  sign INTEGER NOT NULL CHECK (sign IN (-1, 1)),
  threshold REAL,
  minimum REAL,
  maximum REAL,
  on_pixels INTEGER NOT NULL,
  on_images INTEGER NOT NULL,
  label INTEGER NOT NULL,
  category INTEGER NOT NULL,
  intersection INTEGER NOT NULL,
  activation INTEGER NOT NULL,
  truth INTEGER NOT NULL,
  images INTEGER NOT NULL,
  iou REAL,
  ceiling REAL
);
CREATE UNIQUE INDEX unit_place ON unit (layer, unit, sign DESC);

CREATE TABLE score (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  list INTEGER NOT NULL,           -- 0: best of each category, rank is the category; 1: best of all, by falling IoU
  rank INTEGER NOT NULL,
  label INTEGER NOT NULL,
  category INTEGER NOT NULL,
  intersection INTEGER NOT NULL,
  activation INTEGER NOT NULL,
  truth INTEGER NOT NULL,
  images INTEGER NOT NULL,
  iou REAL,
  ceiling REAL,
  PRIMARY KEY (unit, list, rank)
) WITHOUT ROWID;

CREATE TABLE exemplar (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  list INTEGER NOT NULL,           -- 0: top, 1: bottom
  rank INTEGER NOT NULL,
  image INTEGER NOT NULL,
  activation REAL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  PRIMARY KEY (unit, list, rank)
) WITHOUT ROWID;

-- What only a unit's own page needs, apart so that a layer is quick to list.
CREATE TABLE unit_data (
  unit INTEGER PRIMARY KEY REFERENCES unit(id) ON DELETE CASCADE,
  maps BLOB NOT NULL,              -- float32, the exemplars' maps in the order (list, rank)
  histogram_low REAL,
  histogram_high REAL,
  histogram BLOB NOT NULL          -- int64 counts
);

CREATE TABLE thumbnail (
  image INTEGER PRIMARY KEY,       -- index in the concept set
  file TEXT NOT NULL,
  blob INTEGER NOT NULL REFERENCES blob(id)
);
CREATE INDEX thumbnail_blob ON thumbnail (blob);

CREATE TABLE picture (
  id INTEGER PRIMARY KEY,
  layer INTEGER NOT NULL REFERENCES layer(id),
  unit INTEGER NOT NULL,
  sign INTEGER NOT NULL CHECK (sign IN (-1, 1)),
  variant INTEGER NOT NULL,
  run INTEGER NOT NULL REFERENCES run(id),
  objective TEXT NOT NULL,
  blob INTEGER NOT NULL REFERENCES blob(id),
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  activation REAL,
  best_exemplar REAL,
  activation_ratio REAL,
  status TEXT NOT NULL,
  facts TEXT NOT NULL,             -- JSON
  curve BLOB NOT NULL              -- float32, the objective at each step
);
CREATE UNIQUE INDEX picture_place ON picture (layer, unit, sign DESC, variant);
CREATE INDEX picture_blob ON picture (blob);
