"""Reports: notebooks with typed parameters, run on demand and by schedule, kept with all that made them."""

from skyhub.reports._catalog import ReportTemplate, report_template, report_templates
from skyhub.reports._parameters import Parameter, Schedule, Sidecar, last_night
from skyhub.reports._runs import (
    ARTIFACTS,
    LEASE,
    Claim,
    Outcome,
    artifact_path,
    claim_run,
    content_hash,
    finish_run,
    list_runs,
    request_run,
    run_record,
)
from skyhub.reports._schedule import due_times, request_due_runs
from skyhub.reports._verify import request_verification, verification

__all__ = [
    "ARTIFACTS",
    "LEASE",
    "Claim",
    "Outcome",
    "Parameter",
    "ReportTemplate",
    "Schedule",
    "Sidecar",
    "artifact_path",
    "claim_run",
    "content_hash",
    "due_times",
    "finish_run",
    "last_night",
    "list_runs",
    "report_template",
    "report_templates",
    "request_due_runs",
    "request_run",
    "request_verification",
    "run_record",
    "verification",
]
