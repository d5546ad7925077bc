-- Schema 5: the cosine of mask and label, beside the other measures of a score.

ALTER TABLE score ADD COLUMN cosine REAL;
