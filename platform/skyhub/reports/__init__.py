"""Reports: notebooks with typed parameters, run on demand and by schedule, kept with all that made them."""

from skyhub.reports._catalog import ReportTemplate, report_template, report_templates
from skyhub.reports._claims import (
    LEASE,
    Claim,
    Outcome,
    Rights,
    cancel_run,
    claim_run,
    finish_run,
    leased_runs,
    release_run,
)
from skyhub.reports._cron import cron_times, due_times, request_due_runs
from skyhub.reports._parameters import LONGEST_TIMEOUT, Parameter, Schedule, Sidecar, last_night
from skyhub.reports._pdf import report_pdf
from skyhub.reports._runs import (
    ARTIFACTS,
    artifact_path,
    content_hash,
    list_runs,
    request_run,
    run_record,
    run_row,
    runs_due,
    stored_run,
)
from skyhub.reports._verify import request_verification, verification

__all__ = [
    "ARTIFACTS",
    "LEASE",
    "LONGEST_TIMEOUT",
    "Claim",
    "Outcome",
    "Parameter",
    "ReportTemplate",
    "Rights",
    "Schedule",
    "Sidecar",
    "artifact_path",
    "cancel_run",
    "claim_run",
    "content_hash",
    "cron_times",
    "due_times",
    "finish_run",
    "last_night",
    "leased_runs",
    "list_runs",
    "release_run",
    "report_pdf",
    "report_template",
    "report_templates",
    "request_due_runs",
    "request_run",
    "request_verification",
    "run_record",
    "run_row",
    "runs_due",
    "stored_run",
    "verification",
]
