"""Commands about sending rules."""

from __future__ import annotations

from typing import Annotated, Any

import typer

from skyhub.cli._output import AsJson, AsOf, DataDir, answer, session

__all__ = ["register"]

rules_app = typer.Typer(help="Rules by which plans of default plans are sent without a click.", no_args_is_help=True)

_Rule = Annotated[int, typer.Argument(help="Number of the rule.")]


def register(app: typer.Typer) -> None:
    """Add the commands to the application."""
    app.add_typer(rules_app, name="sending-rule")


@rules_app.command("list")
def list_rules(as_of: AsOf = None, limit: int = 50, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """List sending rules, newest first, in words."""
    with session(data_dir) as sky:
        rows = sky.sending_rules.rows(as_of=as_of, limit=limit)
    listed = ("sending_rule_id", "default_plan_id", "active", "author", "words")
    answer({"rows": [{name: row[name] for name in listed} for row in rows]}, as_json)


@rules_app.command()
def on(sending_rule_id: _Rule, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Switch a rule of one's own on: plans that are drafted from now on are sent."""
    with session(data_dir) as sky:
        found = sky.sending_rules.on(sending_rule_id)
    answer(found, as_json, _words)


@rules_app.command()
def off(sending_rule_id: _Rule, data_dir: DataDir = None, as_json: AsJson = False) -> None:
    """Switch a rule off at once; what no telescope has is not sent any more."""
    with session(data_dir) as sky:
        found = sky.sending_rules.off(sending_rule_id)
    answer(found, as_json, _words)


@rules_app.command()
def sendings(
    rule: Annotated[int | None, typer.Option(help="By this rule alone.")] = None,
    as_of: AsOf = None,
    limit: int = 50,
    data_dir: DataDir = None,
    as_json: AsJson = False,
) -> None:
    """List what rules did with plans, newest first."""
    with session(data_dir) as sky:
        rows = sky.sending_rules.sendings(rule, limit=limit, as_of=as_of).to_rows()
    answer({"rows": rows}, as_json)


def _words(found: dict[str, Any]) -> str:
    return str(found["words"])
