"""Reads what MLflow keeps, without MLflow: a tracking server, a folder of runs, a database, a saved model."""
