"""The finance checks as asset checks: one step after the tables, each on the first it names."""

from collections.abc import Iterable

import dagster as dg

from vismapbi_assets.model.checks import FINANCE_CHECKS
from vismapbi_assets.orchestration.resources import WorkbenchResource
from vismapbi_assets.pipeline.finance import finance_results

PRIORITY = 5


def build_finance_checks() -> dg.AssetChecksDefinition:
    """All finance checks; a failing one that forbids is an error, the others are warnings."""
    specs = [
        dg.AssetCheckSpec(
            name=check.name,
            asset=dg.AssetKey(["powerbi", check.tables[0]]),
            additional_deps=[dg.AssetKey(["powerbi", name]) for name in check.tables[1:]],
            description=check.description,
        )
        for check in FINANCE_CHECKS
    ]

    @dg.multi_asset_check(
        name="finance_checks",
        specs=specs,
        can_subset=True,
        op_tags={"dagster/priority": str(PRIORITY)},
    )
    def _checks(
        context: dg.AssetCheckExecutionContext, workbench: WorkbenchResource
    ) -> Iterable[dg.AssetCheckResult]:
        selected = {key.name: key for key in context.selected_asset_check_keys}
        results = finance_results(workbench.workbench(), selected)
        for name, key in selected.items():
            result = results[name]
            yield dg.AssetCheckResult(
                asset_key=key.asset_key,
                check_name=name,
                passed=result.passed,
                severity=dg.AssetCheckSeverity.ERROR
                if result.forbids
                else dg.AssetCheckSeverity.WARN,
                description=result.text,
                metadata=dict(result.numbers),
            )

    return _checks
