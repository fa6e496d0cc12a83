"""Lets `python -m vismapbi_assets.cli` be the `vismapbi` command."""

from vismapbi_assets.cli.main import main

main()
