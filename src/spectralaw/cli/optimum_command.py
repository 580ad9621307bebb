"""spectralaw optimum"""

from __future__ import annotations

from typing import Any

from spectralaw.cli import options, output


@options.with_task(weight_decay=1.0)
def optimum(task: Any, json: options.Json = False) -> None:
    """Find the weight decay at which the predicted excess risk is least."""
    import spectralaw as sl

    answer = sl.optimal_weight_decay(task)
    asked = {name: value for name, value in task.to_dict().items() if name != "weight_decay"}
    if json:
        found = {name: getattr(answer, name) for name in ("weight_decay", "excess_risk", "slope")}
        message = {"message": answer.message} if answer.message else {}
        output.print_json({"task": asked, **found, "status": str(answer.status), **message})
    elif answer.status.is_result:
        output.print_pairs(answer._shown()[1])
    output.finish(answer.status, "" if answer.status.is_result else answer.message)
