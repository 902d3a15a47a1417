"""Conformance vectors: JSON by which any host, in any language, checks that it decides alike.

A file is ``{"emrcore-vectors": 1, "rulebook": NAME, "cases": [...]}``, a case
``{"id": ..., "kind": ..., "given": {...}, "expect": {...}}``. Only the fields that stand in
``expect`` are compared. What may be null or empty may be left out, and means the same; any other
key is said, but for those in brackets.

===========  ================================================  =====================================
kind         given                                             expect
===========  ================================================  =====================================
deadline     filed, working_days, calendar, counting,          due (null: the clock stands) or error
             [suspended: each on, resumed_on]
working-day  calendar, day                                     working or error
age          born, years, on, convention                       reached
identity     paper, value, [year: the one a passport is read]  valid, born, sex, region, e164
decision     at, viewer, subject, kinship, restrictions,       visible, rule, until
             granted_at, [document]
===========  ================================================  =====================================

The only error is ``beyond-calendar``. A decision without a document asks whether the card is
refused. Days are such as 2020-01-31, moments have an offset, intervals are half-open.
"""

from emrcore.testing.vectors.answers import run
from emrcore.testing.vectors.cases import Case, Failure, Vectors
from emrcore.testing.vectors.reading import read, shipped

__all__ = ["Case", "Failure", "Vectors", "read", "run", "shipped"]
