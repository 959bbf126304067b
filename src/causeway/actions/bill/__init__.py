"""What it costs: bills, prices and entries brought in; shown, and written as FOCUS."""
