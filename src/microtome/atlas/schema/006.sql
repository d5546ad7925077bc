-- Schema 6: findings of several runs stand side by side. docs/atlas_format.md explains it.

DROP INDEX dissection_layer;
CREATE UNIQUE INDEX dissection_place ON dissection (layer, run);

DROP INDEX picture_place;
DROP INDEX picture_objective;
CREATE UNIQUE INDEX picture_place ON picture (layer, unit, sign DESC, objective, variant, run) WHERE layer IS NOT NULL;
CREATE UNIQUE INDEX picture_objective ON picture (objective, variant, run) WHERE layer IS NULL;
CREATE INDEX picture_run ON picture (run);

-- Best IoU of a unit under each shuffle of the labels: when further units come, significance is judged over all.
CREATE TABLE shuffled (
  unit INTEGER PRIMARY KEY REFERENCES unit(id) ON DELETE CASCADE,
  ious BLOB NOT NULL               -- float64
);

-- The largest activation that each unit of the layer has on the picture: float32, by number. Empty: not known.
ALTER TABLE picture ADD COLUMN maxima BLOB NOT NULL DEFAULT x'';
-- Which dissection best_exemplar, activation_ratio and facts such as selectivity were taken from. Empty: none, or one of
-- an older schema.
ALTER TABLE picture ADD COLUMN compared TEXT NOT NULL DEFAULT '';
