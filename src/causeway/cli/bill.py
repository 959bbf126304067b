"""`causeway bill`."""

import click

from causeway.cli.bill_forecast import budget_command as budget
from causeway.cli.bill_forecast import forecast_command as forecast
from causeway.cli.bill_import import categories_command, import_command, withdraw_command
from causeway.cli.bill_rate import enter_command, export_command, rate_command
from causeway.cli.bill_show import command as show


@click.group(name="bill")
def command() -> None:
    """Bring bills in, keep the rate card, enter people's time; show and export what it cost."""


command.add_command(show)
command.add_command(budget)
command.add_command(forecast)
for each in (
    import_command,
    withdraw_command,
    categories_command,
    rate_command,
    enter_command,
    export_command,
):
    command.add_command(each)
