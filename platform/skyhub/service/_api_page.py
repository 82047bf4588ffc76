"""The page that lists the API: plain HTML from the OpenAPI document, with nothing to fetch from elsewhere."""

from __future__ import annotations

from typing import Any

from jinja2 import Environment

__all__ = ["api_page"]

_PAGE = """<!doctype html>
<html lang="en"><head><meta charset="utf-8"><title>{{ info.title }}</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<style>
:root { color-scheme: light dark; }
body { font: 15px/1.5 system-ui, sans-serif; max-width: 60rem; margin: 2rem auto; padding: 0 1rem; }
code { font-family: ui-monospace, monospace; } h2 { margin-top: 2rem; text-transform: capitalize; }
details { border: 1px solid #8886; border-radius: 6px; margin: .4rem 0; padding: .4rem .8rem; }
summary { cursor: pointer; } .verb { display: inline-block; min-width: 4rem; font-weight: 600; }
table { border-collapse: collapse; } td, th { text-align: left; padding: .1rem 1rem .1rem 0; vertical-align: top; }
</style></head><body>
<h1>{{ info.title }} {{ info.version }}</h1>
<p>Send the header <code>Authorization: Bearer TOKEN</code>; a token is made on the hub's token page.
Machines read <a href="openapi.json">openapi.json</a>.</p>
{% for tag, operations in groups.items() %}<h2>{{ tag }}</h2>
{% for verb, path, op in operations %}<details>
<summary><span class="verb">{{ verb.upper() }}</span> <code>{{ path }}</code> – {{ op.description or op.summary }}</summary>
{% if op.parameters %}<table><tr><th>Parameter</th><th>In</th><th>Type</th><th></th></tr>
{% for p in op.parameters %}<tr><td><code>{{ p.name }}</code></td><td>{{ p["in"] }}</td>
<td>{{ p.schema.type or "string" }}{{ ", required" if p.required }}</td><td>{{ p.description or "" }}</td></tr>{% endfor %}
</table>{% endif %}
{% if op.requestBody %}<p>Body:
{% for media, body in op.requestBody.content.items() %}<code>{{ media }}</code>
{% set schema = schemas.get((body.schema["$ref"] or "").split("/")[-1], body.schema) %}<table>
{% for key, value in (schema.properties or {}).items() %}<tr><td><code>{{ key }}</code></td>
<td>{{ value.type or "any" }}</td><td>{{ value.description or "" }}</td></tr>{% endfor %}</table>{% endfor %}</p>{% endif %}
</details>{% endfor %}{% endfor %}
</body></html>"""

_TEMPLATE = Environment(autoescape=True).from_string(_PAGE)


def api_page(document: dict[str, Any]) -> str:
    """The OpenAPI document as a page of HTML, grouped by tag."""
    groups: dict[str, list[tuple[str, str, Any]]] = {}
    for path, verbs in document["paths"].items():
        for verb, operation in verbs.items():
            groups.setdefault(operation["tags"][0], []).append((verb, path, operation))
    schemas = document.get("components", {}).get("schemas", {})
    return _TEMPLATE.render(info=document["info"], groups=groups, schemas=schemas)
