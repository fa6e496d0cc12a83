"""The two event ledgers: every change of a document's open amount as one signed row.

Which documents and applications the Visma entities tell of belongs in `payables` and
`receivables`, how they become rows in `entries` and `tie_out`, what the rows say about a
settlement in `settlement`. Measures and reports only add rows up.
"""
