"""What transforms may ask for."""

import polars as pl
import pytest

from vismapbi_assets.model.inputs import Inputs, MissingInputError
from vismapbi_tests.model.states import inputs


def test_what_was_not_supplied_is_named_with_the_next_step() -> None:
    bare = Inputs({}, {}, (), inputs().as_of, "Europe/Oslo")
    with pytest.raises(MissingInputError, match=r"'supplier'.*`sources`"):
        bare.entity("supplier")
    with pytest.raises(MissingInputError, match=r"'ApLedger'.*`tables`"):
        bare.table("ApLedger")


def test_shared_frames_are_built_once_and_kept_for_slices() -> None:
    whole = inputs()
    built: list[Inputs] = []

    def build(given: Inputs) -> pl.DataFrame:
        built.append(given)
        return pl.DataFrame({"a": [1]})

    first = whole.shared("a", build)
    part = whole.narrowed(supplier=pl.LazyFrame({"number": ["V1"]}))
    assert part.shared("a", build) is first
    assert built == [whole]
    assert part.entity("supplier").collect()["number"].to_list() == ["V1"]
    assert part.entity("customer") is whole.entity("customer")
