"""The HTML of an executed report: one file that asks for nothing else, with its provenance on top."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

import nbformat
from jinja2 import Environment
from nbconvert import HTMLExporter

__all__ = ["report_page"]

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ p.title }}: {{ p.report_id }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; --line: #8884; --soft: #8881; }
body { font: 15px/1.55 system-ui, sans-serif; max-width: 62rem; margin: 1.5rem auto; padding: 0 1rem; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; display: block; overflow-x: auto; }
th, td { border-bottom: 1px solid var(--line); padding: .2rem .7rem .2rem 0; text-align: left; vertical-align: top; }
caption { text-align: left; font-weight: 600; padding-top: .6rem; white-space: nowrap; }
pre { white-space: pre-wrap; font: 13px/1.45 ui-monospace, monospace; }
img, svg { max-width: 100%; height: auto; }
img[src^="data:image/png"].pixelated { image-rendering: pixelated; }
.provenance { background: var(--soft); border-radius: 8px; padding: .6rem 1rem; margin-bottom: 1.5rem; font-size: .92em; }
.jp-InputArea, .jp-Cell-inputCollapser, .jp-InputPrompt, .jp-OutputPrompt, .anchor-link { display: none; }
.jp-MarkdownCell .jp-InputArea { display: block; } .jp-MarkdownCell .jp-InputPrompt { display: none; }
.failed { border-left: 4px solid #c33; padding-left: 1rem; }
</style></head><body>
<section class="provenance" aria-label="Provenance"><table>
<tr><th>Report</th><td>{{ p.title }} <code>{{ p.report_id }}</code></td></tr>
<tr><th>Parameters</th><td>{% for name, value in p.parameters.items() %}<code>{{ name }} = {{ value }}</code> {% endfor %}</td></tr>
<tr><th>Executed</th><td>{{ p.executed_at }}, in {{ p.run_seconds }} s, for {{ p.requested_by }}
{%- if p.rights %} with the rights of {{ p.rights | join(", ") }}{% endif %}</td></tr>
{% if p.version %}<tr><th>Version</th><td>{{ p.version }} of {{ p.report }}, executed by the server of
{{ p.requested_by }}</td></tr>
{% endif %}<tr><th>Source</th><td>SHA-256 <code>{{ p.sha256 }}</code></td></tr>
<tr><th>Code revision</th><td>{{ p.code_revision }}, packages {{ p.packages }}</td></tr>
<tr><th>Data version</th><td>{{ p.data_version }}, read as of {{ p.reads_at }}</td></tr>
</table>
<details><summary>Queries run: {{ queries | length }}</summary><ol>
{% for q in queries %}<li><code>{{ q.request }}</code>
{%- if q.tables %} of {{ q.tables | join(", ") }}{% endif %}
{%- if q.rows is defined %}: {{ q.rows }} rows{% endif %}
{%- if q.as_of and q.as_of != p.reads_at %}, as of {{ q.as_of }}{% endif %}
{%- if q.statement %}<pre>{{ q.statement }}</pre>{% endif %}
{%- if q.parameters %}<pre>{{ q.parameters | tojson }}</pre>{% endif %}</li>
{% endfor %}</ol></details></section>
<main>{{ body | safe }}</main>
</body></html>"""

_TEMPLATE = Environment(autoescape=True).from_string(_PAGE)


@cache
def _exporter() -> HTMLExporter:
    """Kept: reading its templates takes as long as making a page."""
    exporter = HTMLExporter(template_name="basic", exclude_input=True, exclude_input_prompt=True)
    exporter.exclude_output_prompt = True
    return exporter


def report_page(notebook: nbformat.NotebookNode, provenance: dict[str, Any], queries: Sequence[dict[str, Any]]) -> str:
    """An executed notebook as one HTML page, its code cells hidden, with what it asked for."""
    body, _ = _exporter().from_notebook_node(notebook)
    return _TEMPLATE.render(p=provenance, body=body, queries=queries)
