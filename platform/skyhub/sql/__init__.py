"""SQL over everything that the caller may see."""

from skyhub.sql._run import TABLES, SqlResult, run_sql

__all__ = ["TABLES", "SqlResult", "run_sql"]
