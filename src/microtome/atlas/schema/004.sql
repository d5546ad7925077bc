-- Schema 4: each finding has one table, named as in src/microtome/dissect/findings.h; a dissection has a number of its
-- own and says its convention; a picture's place holds its objective. docs/atlas_format.md explains it. The step is
-- finished in code (schema_4.cpp): numbers within JSON are read exactly there.

ALTER TABLE dissection RENAME TO dissection_3;
ALTER TABLE unit RENAME TO unit_3;
ALTER TABLE score RENAME TO score_3;
ALTER TABLE exemplar RENAME TO exemplar_3;
ALTER TABLE unit_data RENAME TO unit_data_3;
DROP INDEX unit_place;

CREATE TABLE dissection (
  id INTEGER PRIMARY KEY,
  layer INTEGER NOT NULL REFERENCES layer(id),
  run INTEGER NOT NULL REFERENCES run(id),
  map_width INTEGER NOT NULL,
  map_height INTEGER NOT NULL,
  tail REAL,
  images INTEGER NOT NULL,
  convention TEXT NOT NULL,        -- --compat
  upsampling TEXT NOT NULL         -- how maps became masks
);
CREATE INDEX dissection_layer ON dissection (layer);

-- One row a unit and sign.
CREATE TABLE unit (
  id INTEGER PRIMARY KEY,
  dissection INTEGER NOT NULL REFERENCES dissection(id) ON DELETE CASCADE,
  unit INTEGER NOT NULL,
  sign INTEGER NOT NULL CHECK (sign IN (-1, 1)),
  threshold REAL,
  minimum REAL,
  maximum REAL,
  on_pixels INTEGER NOT NULL,
  on_images INTEGER NOT NULL
);
CREATE UNIQUE INDEX unit_place ON unit (dissection, unit, sign DESC);

-- One concept against one unit. list: "best" (rank 0), "by_category" (rank: category), "top_concepts" (by falling IoU),
-- "tails" and "ranges" (the best of each; rank as there).
CREATE TABLE score (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  list TEXT NOT NULL,
  rank INTEGER NOT NULL,
  label INTEGER NOT NULL,
  category INTEGER NOT NULL,
  intersection INTEGER NOT NULL,
  activation INTEGER NOT NULL,
  truth INTEGER NOT NULL,
  images INTEGER NOT NULL,
  iou REAL,
  ceiling REAL,
  share REAL,
  f1 REAL,
  iqr REAL,
  auc REAL,
  average_precision REAL,
  pearson REAL,
  PRIMARY KEY (unit, list, rank)
) WITHOUT ROWID;

-- list: "top", "bottom", "typical".
CREATE TABLE exemplar (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  list TEXT NOT NULL,
  rank INTEGER NOT NULL,
  image INTEGER NOT NULL,
  activation REAL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  PRIMARY KEY (unit, list, rank)
) WITHOUT ROWID;

-- float32, the exemplars' maps: of top, bottom, typical, by rank. Apart, so that a layer is quick to list.
CREATE TABLE maps (
  unit INTEGER PRIMARY KEY REFERENCES unit(id) ON DELETE CASCADE,
  bytes BLOB NOT NULL
);

CREATE TABLE histogram (
  unit INTEGER PRIMARY KEY REFERENCES unit(id) ON DELETE CASCADE,
  low REAL,
  high REAL,
  counts BLOB NOT NULL             -- int64
);

CREATE TABLE held_out (
  unit INTEGER PRIMARY KEY REFERENCES unit(id) ON DELETE CASCADE,
  label INTEGER NOT NULL,
  train_iou REAL,
  iou REAL
);

CREATE TABLE interval (
  unit INTEGER PRIMARY KEY REFERENCES unit(id) ON DELETE CASCADE,
  low REAL,
  high REAL,
  deviation REAL
);

CREATE TABLE significance (
  unit INTEGER PRIMARY KEY REFERENCES unit(id) ON DELETE CASCADE,
  permutations INTEGER NOT NULL,
  p REAL,
  q REAL,
  family_p REAL,
  null_mean REAL,
  null_high REAL
);

CREATE TABLE tails (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  rank INTEGER NOT NULL,
  tail REAL,
  threshold REAL,
  on_pixels INTEGER NOT NULL,
  PRIMARY KEY (unit, rank)
) WITHOUT ROWID;

CREATE TABLE formulas (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  rank INTEGER NOT NULL,
  text TEXT NOT NULL,
  length INTEGER NOT NULL,
  intersection INTEGER NOT NULL,
  truth INTEGER NOT NULL,
  iou REAL,
  PRIMARY KEY (unit, rank)
) WITHOUT ROWID;

CREATE TABLE ranges (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  rank INTEGER NOT NULL,
  low REAL,
  high REAL,
  on_pixels INTEGER NOT NULL,
  PRIMARY KEY (unit, rank)
) WITHOUT ROWID;

CREATE TABLE selfcheck (
  unit INTEGER NOT NULL REFERENCES unit(id) ON DELETE CASCADE,
  rank INTEGER NOT NULL,
  score TEXT NOT NULL,
  before REAL,
  missing REAL,
  extra REAL,
  PRIMARY KEY (unit, rank)
) WITHOUT ROWID;

INSERT INTO dissection (id, layer, run, map_width, map_height, tail, images, convention, upsampling)
  SELECT layer, layer, run, map_width, map_height, tail, images,
    COALESCE(json_extract(r.settings, '$.compat'), 'default'),
    CASE json_extract(r.settings, '$.compat') WHEN 'netdissect' THEN 'field' WHEN 'lite' THEN 'pillow'
      WHEN 'compexp' THEN 'pillow' WHEN 'quick' THEN 'quick' WHEN 'dissect' THEN 'zero' ELSE 'half_pixel' END
  FROM dissection_3 d LEFT JOIN run r ON r.id = d.run;
INSERT INTO unit (id, dissection, unit, sign, threshold, minimum, maximum, on_pixels, on_images)
  SELECT id, layer, unit, sign, threshold, minimum, maximum, on_pixels, on_images FROM unit_3;
INSERT INTO score (unit, list, rank, label, category, intersection, activation, truth, images, iou, ceiling)
  SELECT id, 'best', 0, label, category, intersection, activation, truth, images, iou, ceiling FROM unit_3;
INSERT INTO score (unit, list, rank, label, category, intersection, activation, truth, images, iou, ceiling, share, f1,
  iqr, auc, average_precision, pearson)
  SELECT unit, CASE list WHEN 0 THEN 'by_category' ELSE 'top_concepts' END, rank, label, category, intersection,
    activation, truth, images, iou, ceiling, share, f1, iqr, auc, average_precision, pearson FROM score_3;
INSERT INTO exemplar (unit, list, rank, image, activation, width, height)
  SELECT unit, CASE list WHEN 0 THEN 'top' WHEN 1 THEN 'bottom' ELSE 'typical' END, rank, image, activation, width,
    height FROM exemplar_3;
INSERT INTO maps (unit, bytes) SELECT unit, maps FROM unit_data_3;
INSERT INTO histogram (unit, low, high, counts)
  SELECT unit, histogram_low, histogram_high, histogram FROM unit_data_3;
DROP TABLE unit_data_3;
DROP TABLE exemplar_3;
DROP TABLE score_3;

ALTER TABLE picture RENAME COLUMN input TO "values";
DROP INDEX picture_place;
CREATE UNIQUE INDEX picture_place ON picture (layer, unit, sign DESC, objective, variant) WHERE layer IS NOT NULL;
