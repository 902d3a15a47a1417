"""The store's crash campaigns: a process writes, something fails, a judge looks at what is left.

``writer`` drives the real office over the real storage, and ``ledger`` keeps outside the database
what it tried and what it was told. ``judge`` opens the store again and holds it against the ledger
and the invariants. Each other module is one kind of failure, with its own plants: a bug or an
unsafe setting that the campaign must find. ``python -m crashes`` runs them at length.
"""
