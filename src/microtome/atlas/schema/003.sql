-- Schema 3: frames of pictures; pictures of no single unit; the score. docs/atlas_format.md explains it.

ALTER TABLE picture RENAME TO picture_2;
DROP INDEX picture_place;
DROP INDEX picture_blob;

-- layer, unit and sign are NULL in a visualization of no single unit, whose place is (objective, variant).
CREATE TABLE picture (
  id INTEGER PRIMARY KEY,
  layer INTEGER REFERENCES layer(id),
  unit INTEGER,
  sign INTEGER CHECK (sign IN (-1, 1)),
  variant INTEGER NOT NULL,
  run INTEGER NOT NULL REFERENCES run(id),
  objective TEXT NOT NULL,
  blob INTEGER NOT NULL REFERENCES blob(id),
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  score REAL,                      -- of the objective, of the stored picture; NULL in rows of schema 2
  activation REAL,
  best_exemplar REAL,
  activation_ratio REAL,
  status TEXT NOT NULL,
  facts TEXT NOT NULL,             -- JSON
  curve BLOB NOT NULL,             -- float32, the objective at each step
  input BLOB NOT NULL,             -- float32, what was measured; empty for pictures, which are the blob
  CHECK ((layer IS NULL) = (unit IS NULL) AND (layer IS NULL) = (sign IS NULL))
);
INSERT INTO picture SELECT id, layer, unit, sign, variant, run, objective, blob, width, height, NULL, activation,
  best_exemplar, activation_ratio, status, facts, curve, x'' FROM picture_2;
DROP TABLE picture_2;
CREATE UNIQUE INDEX picture_place ON picture (layer, unit, sign DESC, variant) WHERE layer IS NOT NULL;
CREATE UNIQUE INDEX picture_objective ON picture (objective, variant) WHERE layer IS NULL;
CREATE INDEX picture_blob ON picture (blob);

-- The picture as it was after so many updates.
CREATE TABLE frame (
  picture INTEGER NOT NULL REFERENCES picture(id) ON DELETE CASCADE,
  step INTEGER NOT NULL,
  blob INTEGER NOT NULL REFERENCES blob(id),   -- WebP
  PRIMARY KEY (picture, step)
) WITHOUT ROWID;
CREATE INDEX frame_blob ON frame (blob);
