-- Schema 2: what a dissection says beside IoU. docs/atlas_format.md explains it.

ALTER TABLE score ADD COLUMN share REAL;
ALTER TABLE score ADD COLUMN f1 REAL;
ALTER TABLE score ADD COLUMN iqr REAL;
ALTER TABLE score ADD COLUMN auc REAL;
ALTER TABLE score ADD COLUMN average_precision REAL;
ALTER TABLE score ADD COLUMN pearson REAL;

-- JSON: measures of the best concept, held-out score, interval, significance, further tails, formulas, ranges.
ALTER TABLE unit ADD COLUMN statistics TEXT NOT NULL DEFAULT '{}';
